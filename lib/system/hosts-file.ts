import type { Reading } from '../contracts/machine.ts';
import { textOf } from '../text.ts';

/** A line of the hosts file. */
export interface Line {
  /** As it stands there, without its end. */
  readonly text: string;
  /** Undefined for blank lines and comments. */
  readonly entry?: { readonly ip: string; readonly names: readonly string[]; readonly comment: string };
}

export interface Hosts {
  readonly path: string;
  readonly lines: readonly Line[];
}

/** hosts(5): an address, blanks, names, and a comment after `#`. */
export function parseLine(text: string): Line {
  const [before = '', ...comment] = text.split('#');
  const [ip, ...names] = before.trim().split(/\s+/);
  return ip ? { text, entry: { ip, names, comment: comment.join('#').trim() } } : { text };
}

/** The hosts file (`hosts.file` of the minion's configuration); one that is not there is empty. */
export function readHosts({ files, opts }: Pick<Reading, 'files' | 'opts'>): Hosts {
  const given = opts['hosts.file'];
  const path = typeof given === 'string' ? given : '/etc/hosts';
  if (files.follow(path) === undefined) return { path, lines: [] };
  return { path, lines: parsed(textOf(files.read(path), path)) };
}

let last: { readonly text: string; readonly lines: readonly Line[] } = { text: '', lines: [] };

/** The lines of a whole file. The last one is kept: a run of many entries reads the same text again and again. */
function parsed(text: string): readonly Line[] {
  if (text === last.text) return last.lines;
  const lines = text.split('\n').map((line) => parseLine(line.replace(/\r$/, '')));
  if (text === '' || text.endsWith('\n')) lines.pop();
  last = { text, lines };
  return lines;
}
