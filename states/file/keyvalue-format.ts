import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { scalarText } from './args.ts';
import type { Options } from './formats.ts';

/* Lines of `KEY=value`. */

/** Raises TypeError for what is neither a map of scalars nor a list of pairs of them. */
export function writeKeyValues(data: Json, options: Options): string {
  const { separator = '=', line_ending: end = '\n', quoting } = options;
  const pairs = isMap(data) ? Object.entries(data as JsonMap) : pairsOf(data);
  return pairs
    .map(([key, value]) => {
      if (value !== null && typeof value === 'object')
        throw new TypeError(`the value of ${key} is not a text or a number`);
      const text = value === null ? 'None' : scalarText(value);
      return `${key}${String(separator)}${quoting === true ? quoted(text) : text}`;
    })
    .join(String(end));
}

function pairsOf(data: Json): [string, Json][] {
  if (!Array.isArray(data)) throw new TypeError('keyvalue is written of a map, or a list of pairs');
  return data.map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError('keyvalue is written of a map, or a list of pairs');
    return [asText(pair[0]), pair[1] ?? null];
  });
}

/** Raises SyntaxError for a line without a separator. */
export function readKeyValues(text: string, { separator = '=', quoting }: Options): JsonMap {
  const lines = text.split(/\r?\n/).filter((line, at, all) => line !== '' || at < all.length - 1);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(String(separator));
      if (at < 0) throw new SyntaxError(`the line ${JSON.stringify(line)} has no ${String(separator)}`);
      const value = line.slice(at + String(separator).length);
      return [line.slice(0, at), quoting === false ? value.replace(/^(["'])([\s\S]*)\1$/, '$2') : value];
    }),
  );
}

/** As a shell reads it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}
