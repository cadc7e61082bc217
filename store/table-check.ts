import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { programBeside } from '../lib/system/child/program.ts';
import type { Size } from './bucket-sizes.ts';

/** A check that takes longer is given up. */
const DEADLINE_MS = 60_000;

/** What became of a look at a table; undefined: it is not whole. */
export interface Look {
  /** The log was applied up to this number. */
  readonly applied: number;
  readonly sizes: Readonly<Record<string, Size>>;
  /** There is a copy of all that is in it. */
  readonly isCopied: boolean;
}

/**
 * Looks at every entry of the table that `file` is, and then writes all to a table of its own, for which there may be no room. In
 * a process of its own, since a mapped file with damage can end the process.
 */
export async function copyWhole(file: string, copy: string): Promise<Look | undefined> {
  const program = programBeside(import.meta.url, 'table-check-child');
  const child = spawn(process.execPath, [program, file, copy], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: DEADLINE_MS,
  });
  const ended = new Promise<boolean>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
  const [said, isCopied] = await Promise.all([text(child.stdout), ended]);
  // Our own program says it, in one piece.
  return said === '' ? undefined : { ...(JSON.parse(said) as Omit<Look, 'isCopied'>), isCopied };
}
