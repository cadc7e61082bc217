import type { SourceView } from '../../lib/contracts/machine.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { nearest } from '../../lib/nearest.ts';

type Later<T> = T | Promise<T>;

/** A tree of state or pillar files: directories of this machine, or what a master serves. Paths are relative, with `/`. */
export interface Tree {
  /** Undefined when there is no such file. */
  read(path: string): Later<Buffer | undefined>;
  has(path: string): Later<boolean>;
  /** Paths of all files below a folder (empty for all), relative to it, sorted; empty directories end in `/`. */
  list(folder: string): Later<readonly string[]>;
  /** Permission bits, where they are known. */
  mode?(path: string): Later<number | undefined>;
  /** What an error calls the file. */
  shown(path: string): string;
  /** The tree that all but one of its files are from. */
  readonly over?: { readonly tree: Tree; readonly path: string };
}

/** The tree with one more file, or another one in place of its own. */
export function treeWith(tree: Tree, path: string, bytes: Buffer, shown: string): Tree {
  return {
    ...tree,
    over: { tree, path },
    read: (asked) => (asked === path ? bytes : tree.read(asked)),
    has: (asked) => asked === path || tree.has(asked),
    shown: (asked) => (asked === path ? shown : tree.shown(asked)),
  };
}

/** The state files of a tree that hold `name` (`web.nginx`), the first one being it: `web/nginx.sls`, `web/nginx/init.sls`. */
export function slsPaths(name: string): string[] {
  const folder = name.replaceAll('.', '/');
  return [`${folder}.sls`, `${folder}/init.sls`];
}

/** The name of a state file by its path; undefined for a file of another kind. */
export function slsName(path: string): string | undefined {
  if (!path.endsWith('.sls')) return undefined;
  return path.replace(/(?:\/init)?\.sls$/, '').replaceAll('/', '.');
}

/** The path in the tree that a `salt://` address names. Raises `TS_STATE_BAD_SOURCE`. */
export function pathOf(url: string): string {
  const path = pathIn(url);
  if (path === undefined) throw stateErrors.badSource({ url });
  return path;
}

/** Whether a `salt://` address can name a file of the tree. */
export function isAddress(url: string): boolean {
  return pathIn(url) !== undefined;
}

function pathIn(url: string): string | undefined {
  const path = url.startsWith('salt://') ? url.slice('salt://'.length).replace(/\?.*$/, '') : '';
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') || path.includes('\0') ? undefined : parts.join('/');
}

/** What states see of a tree. */
export function sourcesOf(tree: Tree): SourceView {
  return {
    read: (url) => {
      const bytes = tree.read(pathOf(url));
      // A run of a thousand states must not wait a thousand times for files that are here.
      if (bytes instanceof Promise) return bytes.then((found) => found ?? noSource(tree, url));
      return bytes ?? noSource(tree, url);
    },
    list: (url) => tree.list(pathOf(url)),
    ...(tree.mode && { mode: (url: string) => tree.mode?.(pathOf(url)) }),
  };
}

async function noSource(tree: Tree, url: string): Promise<never> {
  throw stateErrors.noSource({ url }, { hint: await nearestSource(tree, url) });
}

/** "did you mean" for an address that is not there. */
export async function nearestSource(tree: Tree, url: string): Promise<string | undefined> {
  const near = nearest(pathOf(url), await tree.list(''));
  return didYouMean(near && `salt://${near}`);
}
