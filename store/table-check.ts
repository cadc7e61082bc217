import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { programBeside } from '../lib/system/child/program.ts';
import type { Size } from './bucket-sizes.ts';

/** A check that takes longer is given up. */
const DEADLINE_MS = 60_000;

/** What is in a table that is whole. */
interface Seen {
  /** The log was applied up to this number. */
  readonly applied: number;
  readonly sizes: Readonly<Record<string, Size>>;
}

/** What became of a look at a table. */
export interface Look extends Seen {
  /** There is a copy of all that is in it. */
  readonly isCopied: boolean;
}

/**
 * Looks at every entry of the table that `file` is, and writes each to a table of its own, for which there may be no room.
 * Undefined: it is not whole.
 */
export async function lookAt(file: string, copy: string): Promise<Look | undefined> {
  const copied = await seenIn(file, copy);
  const seen = copied ?? (await seenIn(file));
  return seen && { ...seen, isCopied: copied !== undefined };
}

/** In a process of its own, since a mapped file with damage, or one that the disk has no room for, can end the process. */
async function seenIn(...files: readonly string[]): Promise<Seen | undefined> {
  const program = programBeside(import.meta.url, 'table-check-child');
  const child = spawn(process.execPath, [program, ...files], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: DEADLINE_MS,
  });
  const ended = new Promise<boolean>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
  const [said, isWhole] = await Promise.all([text(child.stdout), ended]);
  // Our own program says it, in one piece.
  return isWhole && said !== '' ? (JSON.parse(said) as Seen) : undefined;
}
