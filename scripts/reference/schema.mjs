import { defaultOf, isOptional } from '../../dist/lib/schema/node.js';
import { words } from '../../dist/lib/schema/words.js';
import { code, table } from './markdown.mjs';

function fallback(schema) {
  if (!isOptional(schema)) return 'has to be given';
  const value = defaultOf(schema);
  return value === undefined ? '' : code(JSON.stringify(value));
}

/** The arguments of a schema, as a table. `ownDefault` says what stands for an argument that may be left out all the same. */
export function argumentTable({ entries }, ownDefault = {}) {
  const rows = Object.entries(entries).map(([name, schema]) => [
    code(name),
    words(schema, code),
    ownDefault[name] ?? fallback(schema),
  ]);
  return rows.length === 0 ? 'It takes no arguments.' : table(['argument', 'is', 'default'], rows);
}
