import { shellWords } from '../../lib/shell-words.ts';

/* Options that a person gives for the program `patch`. */

/** What this is about is said by the state itself. */
const taken = [
  '-N',
  '--forward',
  '-r',
  '--reject-file',
  '-o',
  '--output',
  '-i',
  '--input',
  '-d',
  '--directory',
  '-R',
  '--reverse',
];

/** What is wrong with the options; undefined for nothing. */
export function optionsComplaint(text: string): string | undefined {
  const words = shellWords(text);
  if (!words) return `options: a quote has no end in ${text}`;
  const odd = words.filter((word) => taken.some((one) => word.startsWith(one)) || !word.startsWith('-'));
  return odd.length === 0 ? undefined : `The following CLI options are not allowed: ${odd.join(', ')}`;
}

/** The options for a file, or for the directory that is given. */
export function patchOptions(
  { options, strip }: { readonly options: string; readonly strip?: number | undefined },
  directory: string | undefined,
): string[] {
  const words = shellWords(options) ?? [];
  if (directory === undefined) return words;
  const isStripped = words.some((word) => /^(?:-p|--strip)/.test(word));
  return [...words, ...(isStripped ? [] : [`--strip=${strip ?? 0}`]), `--directory=${directory}`];
}
