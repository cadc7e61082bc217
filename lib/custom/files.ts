import { createHash } from 'node:crypto';
import type { TreeEntry } from '../file-tree.ts';
import type { ModuleTree } from '../modules/load.ts';
import { languageOf } from '../modules/parts.ts';
import { shapes } from './kinds.ts';
import { folderOf, type KindName } from './names.ts';

/** The files of a tree that are of these kinds. */
export function entriesOf(entries: readonly TreeEntry[], kinds: readonly KindName[]): readonly TreeEntry[] {
  const folders = kinds.map((kind) => `${folderOf(kind)}/`);
  return entries.filter(([path, sha256]) => sha256 !== '' && folders.some((folder) => path.startsWith(folder)));
}

/** The name that Salt tells a file by: `_modules/haproxy.ts` is `modules.haproxy`. */
export function titleOf(kind: KindName, path: string): string {
  const inside = path.slice(folderOf(kind).length + 1).replace(/\.\w+$/, '');
  return `${kind}.${inside.replaceAll('/', '.')}`;
}

/** The name of the module that a file at the top of its kind's folder is; undefined for what modules import, and for what is no code. */
export function moduleNameOf(kind: KindName, path: string): string | undefined {
  const folder = folderOf(kind);
  const name = path.slice(folder.length + 1);
  const isModule =
    shapes[kind] && path.startsWith(`${folder}/`) && !/[/]|^[._]|\.d\.m?ts$/.test(name) && languageOf(name);
  return isModule ? name.replace(/\.\w+$/, '') : undefined;
}

/** Changes when any of the files does. */
export function digestOf(entries: readonly TreeEntry[]): string {
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

/** Files that are at hand as a tree of modules. */
export function treeOfFiles(files: Readonly<Record<string, Buffer>>, shown: (path: string) => string): ModuleTree {
  const names = Object.keys(files);
  return {
    read: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    list: (folder) =>
      names.filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1)),
    shown,
  };
}
