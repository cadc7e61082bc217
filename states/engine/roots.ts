import fs from 'node:fs';
import path from 'node:path';
import type { Tree } from './tree.ts';

/** Directories answer at once. */
export interface LocalTree extends Tree {
  list(folder: string): readonly string[];
}

/** The tree that directories of this machine make together: the first one that has a file wins (`file_roots`). */
export function treeOfRoots(roots: readonly string[]): LocalTree {
  const found = new Map<string, string | undefined>();

  /** The file on disk; undefined when no root has it. */
  function locate(name: string): string | undefined {
    if (!found.has(name)) found.set(name, roots.map((root) => inside(root, name)).find(isFile));
    return found.get(name);
  }

  return {
    read: (name) => {
      const place = locate(name);
      return place === undefined ? undefined : fs.readFileSync(place);
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

/** The path below a root; undefined for one that would lead out of it. */
function inside(root: string, name: string): string | undefined {
  const parts = name.split('/');
  return parts.includes('..') || name.includes('\0') ? undefined : path.join(root, ...parts);
}

function isFile(place: string | undefined): boolean {
  return place !== undefined && (statOf(place)?.isFile() ?? false);
}

/** What a path leads to; nothing for a link that leads nowhere, or round in a circle. */
function statOf(place: string): fs.Stats | undefined {
  try {
    return fs.statSync(place, { throwIfNoEntry: false });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') return undefined;
    throw cause;
  }
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
