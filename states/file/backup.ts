import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, FileStep, Reading } from '../../lib/contracts/machine.ts';
import { cacheDirectory } from '../../lib/sources/source-copies.ts';

export const backupArg = v.optional(v.union([v.literal('minion'), v.literal('both'), v.literal(''), v.literal(false)]));

/** Where a copy of a file goes before it is changed with `backup: minion`: below the minion's cache, by path and time. */
export function backupPath(machine: Reading, path: string, there: FileFacts): string {
  const when = new Date(there.mtimeMs).toISOString().replace(/[^0-9]/g, '');
  return posix.join(cacheDirectory(machine), 'file_backup', `${path}_${when}`);
}

/** Copies what is there, with its owner and mode; nobody else may list the place. */
export function backupSteps(to: string, content: Buffer, there: FileFacts): FileStep[] {
  return [
    { do: 'mkdir', path: posix.dirname(to), parents: true, mode: 0o700 },
    { do: 'write', path: to, content, mode: there.mode, uid: there.uid, gid: there.gid },
  ];
}
