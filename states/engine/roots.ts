import fs from 'node:fs';
import path from 'node:path';
import { statOf } from '../../lib/stat-of.ts';
import type { Tree } from './tree.ts';

/** Directories answer at once. */
export interface LocalTree extends Tree {
  list(folder: string): readonly string[];
}

/** The tree that directories of this machine make together: the first one that has a file wins (`file_roots`). */
export function treeOfRoots(roots: readonly string[]): LocalTree {
  const found = new Map<string, string | undefined>();
  const bytesOf = keptBytes();

  /** The file on disk; undefined when no root has it. */
  function locate(name: string): string | undefined {
    if (!found.has(name)) found.set(name, roots.map((root) => inside(root, name)).find(isFile));
    return found.get(name);
  }

  return {
    read: (name) => {
      const place = locate(name);
      return place === undefined ? undefined : bytesOf(place);
    },
    has: (name) => locate(name) !== undefined,
    list: (folder) => [...new Set(roots.flatMap((root) => walk(inside(root, folder) ?? '', '')))].sort(),
    mode: (name) => {
      const place = locate(name);
      return place === undefined ? undefined : fs.statSync(place).mode & 0o7777;
    },
    shown: (name) => locate(name) ?? name,
  };
}

/** Files of at most so many bytes are kept, and of all of them at most so many. */
const mostOfOne = 256 * 1024;
const mostOfAll = 8 * 1024 * 1024;

/** Reads files, those that were read before from memory while they are the same: a thousand states may have one template. */
function keptBytes(): (place: string) => Buffer {
  const kept = new Map<string, { readonly mark: string; readonly bytes: Buffer }>();
  let total = 0;
  return (place) => {
    const { ino, size, mtimeMs, ctimeMs } = fs.statSync(place);
    const mark = `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
    const known = kept.get(place);
    if (known?.mark === mark) return known.bytes;
    const bytes = fs.readFileSync(place);
    total += bytes.length - (known?.bytes.length ?? 0);
    kept.delete(place);
    if (bytes.length <= mostOfOne && total <= mostOfAll) kept.set(place, { mark, bytes });
    else total -= bytes.length;
    return bytes;
  };
}

/** The path below a root; undefined for one that would lead out of it. */
function inside(root: string, name: string): string | undefined {
  const parts = name.split('/');
  return parts.includes('..') || name.includes('\0') ? undefined : path.join(root, ...parts);
}

function isFile(place: string | undefined): boolean {
  return place !== undefined && (statOf(place)?.isFile() ?? false);
}

function walk(folder: string, prefix: string): string[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    // A root that is not there has no files.
    return [];
  }
  return entries.flatMap((entry) => {
    const name = prefix + entry.name;
    const place = path.join(folder, entry.name);
    const isDirectory = entry.isSymbolicLink() ? statOf(place)?.isDirectory() : entry.isDirectory();
    if (!isDirectory) return [name];
    // A link to a directory above would never end.
    if (entry.isSymbolicLink() && fs.realpathSync(folder).startsWith(fs.realpathSync(place))) return [];
    const inner = walk(place, `${name}/`);
    return inner.length === 0 ? [`${name}/`] : inner;
  });
}
