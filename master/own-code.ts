import { createHash } from 'node:crypto';
import { moduleNameOf } from '../lib/custom/files.ts';
import { folderOf, type MasterKind } from '../lib/custom/names.ts';
import { BASE } from '../lib/environments.ts';
import type { LocalEnvironments } from '../states/engine/environments.ts';

/*
 * What an operator's state trees have for the master itself: `_runners` and `_returners`. It is read when it is used, and run in
 * processes of their own.
 */

/** The state trees as they are now. */
export type Trees = () => LocalEnvironments;

/** A file of code with all that it may import, for a process of its own. */
export interface OwnCode {
  readonly kind: MasterKind;
  readonly path: string;
  readonly files: Readonly<Record<string, { readonly base64: string; readonly shown: string }>>;
}

/** The paths of the modules of a kind, each with its name. */
export function modulesIn(trees: Trees, kind: MasterKind, environment = BASE): ReadonlyMap<string, string> {
  const folder = folderOf(kind);
  const paths = (trees().tree(environment)?.list(folder) ?? []).map((name) => `${folder}/${name}`);
  return new Map(
    paths.flatMap((path) => {
      const name = moduleNameOf(kind, path);
      return name === undefined ? [] : [[path, name] as const];
    }),
  );
}

/** The path of the module of this name; undefined where there is none. */
export function moduleNamed(trees: Trees, kind: MasterKind, wanted: string): string | undefined {
  if (!/^[A-Za-z]\w*$/.test(wanted)) return undefined;
  return [...modulesIn(trees, kind)].find(([, name]) => name === wanted)?.[0];
}

/** A module and what it may import. Raises `TS_FILE_NOT_AS_FETCHED`. */
export async function codeAt(trees: Trees, kind: MasterKind, path: string, environment = BASE): Promise<OwnCode> {
  const tree = trees().tree(environment);
  const files: Record<string, { base64: string; shown: string }> = {};
  for (const folder of [folderOf(kind), folderOf('utils')])
    for (const inside of tree?.list(folder) ?? []) {
      const name = `${folder}/${inside}`;
      const bytes = await tree?.read(name);
      if (tree && bytes) files[name] = { base64: bytes.toString('base64'), shown: tree.shown(name) };
    }
  return { kind, path, files };
}

/** Another one when any of its files is. */
export function stampOf({ files }: OwnCode): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}
