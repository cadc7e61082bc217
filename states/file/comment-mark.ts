import { messageOf } from '../../lib/errors/error.ts';
import { escapeRegExp, translatePattern } from '../../lib/regex.ts';

/* Lines with and without a comment sign, for `file.comment` and `file.uncomment`. */

interface Marked {
  readonly regex: string;
  readonly char: string;
}

/** Tests for lines that match a pattern from their start, blanks aside, without and with a comment sign before it. */
export function lineMatcher({ regex, char }: Marked): {
  readonly plain: (line: string) => boolean;
  readonly commented: (line: string) => boolean;
  /** The pattern without its anchors, for messages. */
  readonly shown: string;
} {
  const [, flags = '', rest = ''] = /^(\(\?[a-zA-Z]+\))?\^?([\s\S]*)$/.exec(regex) ?? [];
  const mark = escapeRegExp(char);
  const plain = translatePattern(`${flags}^(?!\\s*${mark})\\s*(?:${rest})`);
  const commented = translatePattern(`${flags}^\\s*(?:${mark})+\\s*(?:${rest})`);
  const bare = (line: string): string => line.replace(/[\r\n]+$/, '');
  return {
    plain: (line) => plain.test(bare(line)),
    commented: (line) => commented.test(bare(line)),
    shown: rest.replace(/\$$/, ''),
  };
}

export function markComplaint(given: Marked): string | undefined {
  try {
    lineMatcher(given);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The line without its comment signs; blanks before and after them stay. */
export function withoutMark(line: string, char: string): string {
  return line.replace(new RegExp(`^(\\s*)(?:${escapeRegExp(char)})+`), '$1');
}
