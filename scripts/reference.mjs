// Writes docs/reference from the code itself, or the pages named; with --check, only says which pages are not up to date.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const makers = path.join(import.meta.dirname, 'reference');
const folder = path.resolve(import.meta.dirname, '..', 'docs', 'reference');
/** Made of the others by every maker; no pages themselves. */
const helpers = ['absent', 'markdown', 'schema'];

const mark = (name) =>
  `\n<!-- Made by scripts/reference.mjs with scripts/reference/${name}.mjs: change the code, not this page. -->\n`;

const names = readdirSync(makers)
  .map((file) => path.basename(file, '.mjs'))
  .filter((name) => !helpers.includes(name));
const isCheck = process.argv.includes('--check');
const stale = [];
for (const name of names) {
  const { default: make } = await import(path.join(makers, `${name}.mjs`));
  const made = await make();
  // One page, or several by their paths.
  for (const [own, text] of Object.entries(typeof made === 'string' ? { [name]: made } : made)) {
    const page = text.replace('\n', `\n${mark(name)}`);
    const file = path.join(folder, `${own}.md`);
    if (isCheck && (!existsSync(file) || readFileSync(file, 'utf8') !== page)) stale.push(own);
    if (!isCheck) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, page);
    }
  }
}
if (stale.length > 0) {
  console.error(`docs/reference is not up to date (${stale.join(', ')}): run node scripts/reference.mjs`);
  process.exit(1);
}
