/** At once, or later where it has to be fetched. */
export type Later<T> = T | Promise<T>;

/** A tree of state or pillar files: directories of this machine, or what a master serves. Paths are relative, with `/`. */
export interface Tree {
  /** Undefined when there is no such file. */
  read(path: string): Later<Buffer | undefined>;
  has(path: string): Later<boolean>;
  /** Paths of all files below a folder (empty for all), relative to it, sorted; empty directories end in `/`. */
  list(folder: string): Later<readonly string[]>;
  /** Permission bits, where they are known. */
  mode?(path: string): Later<number | undefined>;
  /** A file will be read soon: for a tree whose files come one by one. */
  ahead?(path: string): void;
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
export function slsPaths(name: string): [string, string] {
  const folder = name.replaceAll('.', '/');
  return [`${folder}.sls`, `${folder}/init.sls`];
}

/** Whether a state file of this name is there. */
export async function hasSls(tree: Tree, name: string): Promise<boolean> {
  for (const path of slsPaths(name)) if (await tree.has(path)) return true;
  return false;
}

/** The name of a state file by its path; undefined for a file of another kind. */
export function slsName(path: string): string | undefined {
  if (!path.endsWith('.sls')) return undefined;
  return path.replace(/(?:\/init)?\.sls$/, '').replaceAll('/', '.');
}
