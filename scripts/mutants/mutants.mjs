import { readFileSync } from 'node:fs';
import path from 'node:path';

/*
 * A list of mutants is a JSON file: an array of {guard, test, file, find, replace}. `guard` says what is taken out, `file` is
 * the source it stands in, `find` is text that is there once, and `test` is the file that has to fail with `replace` in its
 * place.
 */

const parts = ['guard', 'test', 'file', 'find', 'replace'];

/** The mutants of a list. Raises for an entry that is not one. */
export function readMutants(list) {
  const mutants = JSON.parse(readFileSync(list, 'utf8'));
  for (const [at, mutant] of mutants.entries()) {
    const missing = parts.filter((part) => typeof mutant[part] !== 'string');
    const odd = Object.keys(mutant).filter((part) => !parts.includes(part));
    if (missing.length > 0) throw new Error(`${list}: entry ${at} has no ${missing.join(', ')}`);
    if (odd.length > 0) throw new Error(`${list}: entry ${at} has ${odd.join(', ')}, of ${parts.join(', ')}`);
  }
  return mutants;
}

/** The source below `root` with the guard taken out. Raises when the text is not there once: the list is to be mended then. */
export function mutated(root, { guard, file, find, replace }) {
  const source = readFileSync(path.join(root, file), 'utf8');
  const times = source.split(find).length - 1;
  if (times !== 1) throw new Error(`${guard}: what it looks for is ${times} times in ${file}, not once: ${find}`);
  return source.replace(find, () => replace);
}
