import { readdirSync } from 'node:fs';
import path from 'node:path';
import { code, table } from './markdown.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Facts that stand for themselves: `{id}` is `<id>`. */
const facts = new Proxy({}, { get: (_, name) => `<${String(name)}>` });

async function room(file) {
  const catalogues = Object.values(await import(path.join(root, 'dist/lib/errors', file.replace('.ts', '.js')))).filter(
    (value) => typeof value === 'object',
  );
  return catalogues.flatMap((catalogue) => Object.values(catalogue).map((make) => make(facts)));
}

/** From the catalogues in `lib/errors`. */
export default async () => {
  const files = readdirSync(path.join(root, 'lib/errors')).filter((file) => file !== 'error.ts');
  const errors = (await Promise.all(files.map(room))).flat().sort((a, b) => (a.code < b.code ? -1 : 1));
  return `# Errors

Every error that tsalt makes on purpose, by its code. Codes stay what they are; sentences may be put better. An error about
somebody's file says file, line and column before the sentence and shows the line; a hint follows where there is something to do.

${table(
  ['code', 'sentence'],
  errors.map(({ code: name, sentence }) => [code(name), sentence.replaceAll('<', '&lt;').replaceAll('{', '&#123;')]),
)}
`;
};
