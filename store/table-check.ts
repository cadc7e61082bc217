import { spawn } from 'node:child_process';
import { programBeside } from '../lib/system/child/program.ts';

/** A check that takes longer is given up. */
const DEADLINE_MS = 60_000;

/**
 * Looks at every entry of the table that `file` is, and writes it to a table of its own. False when that one is not whole: then
 * the copy is worth nothing. In a process of its own, since a mapped file with damage can end the process.
 */
export async function copyWhole(file: string, copy: string): Promise<boolean> {
  const program = programBeside(import.meta.url, 'table-check-child');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, file, copy], { stdio: 'ignore', timeout: DEADLINE_MS });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
