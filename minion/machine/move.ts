import fs from 'node:fs';
import path from 'node:path';
import { machineErrors } from '../../lib/errors/machine.ts';

/**
 * Gives a file, link or directory another place, also on another file system: there it is copied under the name
 * `temporary` beside its place first. Raises `TS_MACHINE_CANNOT_MOVE` for what can't be copied (a device, a socket).
 */
export function move(from: string, to: string, temporary: string): void {
  try {
    fs.renameSync(from, to);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
  try {
    copyAll(from, temporary);
    fs.renameSync(temporary, to);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  fs.rmSync(from, { recursive: true, force: true });
}

/** With owner, mode and times; nobody else may look into it before it has them. */
function copyAll(from: string, to: string): void {
  const stats = fs.lstatSync(from);
  if (stats.isSymbolicLink()) {
    fs.symlinkSync(fs.readlinkSync(from), to);
    fs.lchownSync(to, stats.uid, stats.gid);
    fs.lutimesSync(to, stats.atime, stats.mtime);
    return;
  }
  if (stats.isDirectory()) {
    fs.mkdirSync(to, 0o700);
    for (const name of fs.readdirSync(from)) copyAll(path.join(from, name), path.join(to, name));
  } else if (stats.isFile()) {
    fs.closeSync(fs.openSync(to, 'wx', 0o600));
    fs.copyFileSync(from, to);
  } else {
    throw machineErrors.cannotMove({ path: from });
  }
  fs.chownSync(to, stats.uid, stats.gid);
  fs.chmodSync(to, stats.mode & 0o7777);
  fs.utimesSync(to, stats.atime, stats.mtime);
}
