import { builtin } from '../../lib/builtin.ts';
import fs from 'node:fs';
import path from 'node:path';
import type { FileFacts, FileStep, FileView, Ownership } from '../../lib/contracts/machine.ts';
import { machineErrors } from '../../lib/errors/machine.ts';
import { move } from './move.ts';
import { makeNode, nodeOf } from './nodes.ts';
import { lookAt, unlessCircle, withinRoot } from './root.ts';

export interface Files extends FileView {
  perform(step: FileStep): void;
  /** Somebody else (a command, a package) may have changed the tree: what was remembered of it is dropped. */
  forget(): void;
}

const { O_WRONLY, O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const NAME_MAX_BYTES = 255;

/**
 * The files below `root` (`/`, or the directory whose tree the minion manages), read and changed synchronously.
 *
 * A file is written under another name beside its place and renamed over it once all of it is there, so at every moment
 * the path has the old content or the new, whoever is killed; a full disk raises and leaves the old one. It is not
 * fsynced: a sync costs 100 times the write, and a state run that a power cut interrupts is run again anyway. After a
 * power cut (not a crash of tsalt) a file of the last seconds can be the old one, and on file systems that don't order
 * data before a rename (ext4 with `noauto_da_alloc`) an empty one; the next run sees that and writes it again.
 * Renaming makes a new inode: hard links to the old file keep the old content.
 */
export function createFiles(root: string, random = builtin('node:crypto').randomBytes(6).toString('hex')): Files {
  const paths = withinRoot(root);
  let written = 0;

  function temporaryBeside(target: string): string {
    // Nobody can guess it, and it is not there twice.
    const suffix = `.tsalt-${random}${(written++).toString(36)}`;
    const at = target.lastIndexOf('/') + 1;
    let name = target.slice(at);
    while (Buffer.byteLength(name) + suffix.length + 1 > NAME_MAX_BYTES) name = name.slice(0, -1);
    return `${target.slice(0, at)}.${name}${suffix}`;
  }

  function write({ path: where, content, mode, uid, gid }: FileStep & { do: 'write' }): void {
    const target = paths.place(where);
    const old = lookAt(target);
    if (old?.isDirectory()) throw machineErrors.isDirectory({ path: where });
    const kept = old?.isFile() ? old : undefined;
    const bits = mode ?? (kept && kept.mode & 0o7777);
    const temporary = temporaryBeside(target);
    // Nobody else may look into it before it has its owner and mode.
    const fd = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, bits === undefined ? 0o666 : 0o600);
    try {
      try {
        writeAll(fd, content, where);
        chownIfOther(fd, uid ?? kept?.uid, gid ?? kept?.gid);
        // After chown, which clears the set-user-id bits.
        if (bits !== undefined) fs.fchmodSync(fd, bits);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(temporary, target);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    }
  }

  function makeDirectory(step: FileStep & { do: 'mkdir' }): void {
    const target = paths.place(step.path);
    for (const made of directoriesToMake(target, step.parents === true)) {
      fs.mkdirSync(made);
      setOwnership(made, step);
    }
    if (fs.lstatSync(target).isDirectory()) setOwnership(target, step);
    paths.forget();
  }

  function link({ path: where, target, uid, gid }: FileStep & { do: 'symlink' }): void {
    const place = paths.place(where);
    const temporary = temporaryBeside(place);
    fs.symlinkSync(target, temporary);
    try {
      if (uid !== undefined || gid !== undefined) fs.lchownSync(temporary, uid ?? -1, gid ?? -1);
      fs.renameSync(temporary, place);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    }
    paths.forget();
  }

  function hardLink({ path: where, target }: FileStep & { do: 'hardlink' }): void {
    const place = paths.place(where);
    const temporary = temporaryBeside(place);
    fs.linkSync(paths.open(target), temporary);
    // A rename over another name of the same file does nothing, and leaves both.
    try {
      fs.renameSync(temporary, place);
    } finally {
      fs.rmSync(temporary, { force: true });
    }
  }

  function node(step: FileStep & { do: 'node' }): void {
    const place = paths.place(step.path);
    makeNode(place, step);
    setOwnership(place, step);
  }

  function rename({ path: where, from }: FileStep & { do: 'rename' }): void {
    const place = paths.place(where);
    if (lookAt(place)?.isDirectory()) throw machineErrors.isDirectory({ path: where });
    move(paths.place(from), place, temporaryBeside(place));
    paths.forget();
  }

  function remove(where: string): void {
    const target = paths.place(where);
    if (target === paths.root) throw machineErrors.isWholeTree({ path: where });
    // Removes links themselves and what is below directories, never what a link leads to.
    fs.rmSync(target, { recursive: true, force: true });
    paths.forget();
  }

  return {
    look(where) {
      const place = unlessCircle(() => paths.place(where));
      const stats = place === undefined ? undefined : lookAt(place);
      return stats && place !== undefined ? facts(stats, place) : undefined;
    },
    follow(where) {
      const place = paths.follow(where);
      const stats = place === undefined ? undefined : lookAt(place);
      return stats && place !== undefined ? facts(stats, place) : undefined;
    },
    read: (where) => fs.readFileSync(paths.open(where)),
    list: (where) => fs.readdirSync(paths.open(where)).sort(),
    perform(step) {
      switch (step.do) {
        case 'write':
          return write(step);
        case 'mkdir':
          return makeDirectory(step);
        case 'symlink':
          return link(step);
        case 'hardlink':
          return hardLink(step);
        case 'node':
          return node(step);
        case 'rename':
          return rename(step);
        case 'remove':
          return remove(step.path);
        case 'own':
          return setOwnership(paths.place(step.path), step);
        case 'touch':
          return touch(paths.open(step.path), step);
      }
    },
    forget: () => paths.forget(),
  };
}

function facts(stats: fs.Stats, place: string): FileFacts {
  const common = {
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atimeMs: stats.atimeMs,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    identity: `${stats.dev}:${stats.ino}`,
    links: stats.nlink,
  };
  if (stats.isFile()) return { kind: 'file', ...common };
  if (stats.isDirectory()) return { kind: 'directory', ...common };
  if (stats.isSymbolicLink()) return { kind: 'symlink', ...common, target: fs.readlinkSync(place) };
  return { kind: 'other', ...common, ...nodeOf(stats) };
}

function writeAll(fd: number, content: Buffer, where: string): void {
  let wrote = 0;
  while (wrote < content.length) {
    const more = fs.writeSync(fd, content, wrote);
    if (more === 0) throw machineErrors.shortWrite({ path: where, wrote, size: content.length });
    wrote += more;
  }
}

function chownIfOther(fd: number, uid: number | undefined, gid: number | undefined): void {
  if (uid === undefined && gid === undefined) return;
  const now = fs.fstatSync(fd);
  if (now.uid === (uid ?? now.uid) && now.gid === (gid ?? now.gid)) return;
  fs.fchownSync(fd, uid ?? now.uid, gid ?? now.gid);
}

/** Missing directories on the way to `target` (itself included), outermost first; without `parents` at most itself. */
function directoriesToMake(target: string, parents: boolean): string[] {
  if (lookAt(target)) return [];
  const outer = path.dirname(target);
  return parents && outer !== target ? [...directoriesToMake(outer, true), target] : [target];
}

function setOwnership(place: string, { mode, uid, gid }: Ownership): void {
  const stats = fs.lstatSync(place);
  const owner = uid !== undefined || gid !== undefined;
  if (stats.isFile() || stats.isDirectory()) {
    // By descriptor, so that nothing put in its place meanwhile is followed.
    const fd = openItself(place);
    if (fd !== undefined) {
      try {
        if (owner) fs.fchownSync(fd, uid ?? stats.uid, gid ?? stats.gid);
        if (mode !== undefined) fs.fchmodSync(fd, mode);
      } finally {
        fs.closeSync(fd);
      }
      return;
    }
  }
  if (owner) fs.lchownSync(place, uid ?? stats.uid, gid ?? stats.gid);
  if (mode !== undefined && !stats.isSymbolicLink()) fs.chmodSync(place, mode);
}

/** Undefined for what its owner may not open, but may well change the mode of. */
function openItself(place: string): number | undefined {
  try {
    return fs.openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

function touch(
  place: string,
  { atimeMs, mtimeMs }: { atimeMs?: number | undefined; mtimeMs?: number | undefined },
): void {
  const now = Date.now();
  fs.utimesSync(place, (atimeMs ?? now) / 1000, (mtimeMs ?? now) / 1000);
}
