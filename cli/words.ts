import type { Json, JsonMap } from '../lib/json.ts';
import { wordToYaml } from '../lib/yaml/load.ts';

/** A function's arguments as they stand on the command line: `name=value` words, and the others. Both are read as YAML. */
export function argumentsOf(words: readonly string[]): { readonly args: Json[]; readonly kwargs: JsonMap } {
  const args: Json[] = [];
  const kwargs: JsonMap = {};
  for (const word of words) {
    const [, name, value] = /^([A-Za-z_][\w.-]*)=(?!=)([^]*)$/.exec(word) ?? [];
    if (name !== undefined && value !== undefined) kwargs[name] = read(value);
    else args.push(read(word));
  }
  return { args, kwargs };
}

/** As Salt reads them: text with a comment in it, or digits parted by `_`, is meant as it stands. */
function read(word: string): Json {
  if (word === '' || word.includes(' #') || word.startsWith('#') || /^[\d_]+$/.test(word.replace(/^\d+$/, '')))
    return word;
  const value = wordToYaml(word);
  // What YAML makes of quotes and line ends is not what the shell handed over.
  return typeof value === 'string' ? word : value;
}
