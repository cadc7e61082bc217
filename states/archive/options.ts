/** Options for tar or unzip, word by word, and what of them is done without these. */
export interface GivenOptions {
  /** Directories that are left out of the paths. */
  readonly strip: number;
  /** What only the program itself can do; empty for nothing. */
  readonly words: readonly string[];
}

/** Reads options as a person writes them: `--strip-components=1`, `z`, `-J`. Those that only say how it is packed go. */
export function parseOptions(text: string, format: 'tar' | 'zip'): GivenOptions {
  const words = split(text);
  if (format === 'zip') return { strip: 0, words };
  let strip = 0;
  const left: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [, value] = /^--strip(?:-components)?(?:=(\d+))?$/.exec(word) ?? [];
    if (value !== undefined) strip = Number(value);
    else if (/^--strip(-components)?$/.test(word)) strip = Number(words[++at] ?? 0);
    else if (
      !/^(--verbose|--gzip|--gunzip|--bzip2|--xz|--zstd|--lzma|--extract|--auto-compress|-?[xvzjJafp]+)$/.test(word)
    )
      // The first word may be letters without a dash.
      left.push(at === 0 && !word.startsWith('-') ? `-${word.replace(/[xvf]/g, '')}` : word);
  }
  return { strip, words: left };
}

/** Words as a shell has them: quotes hold blanks together. */
function split(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  );
}
