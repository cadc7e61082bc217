import { existsSync } from 'node:fs';
import path from 'node:path';
import { BASE, directoriesOf, type Roots } from '../environments.ts';

/** The kinds of code that minions have of their operator, in the order of answers; `utils` is what others import. */
export const minionKindNames = ['beacons', 'modules', 'states', 'grains', 'utils'] as const;

export type MinionKind = (typeof minionKindNames)[number];

/** Those that a master has. */
export const masterKindNames = ['runners', 'returners'] as const;

export type MasterKind = (typeof masterKindNames)[number];

export type KindName = MinionKind | MasterKind;

export function isMinionKind(name: string): name is MinionKind {
  return minionKindNames.some((known) => known === name);
}

/** Where the files of a kind are: at the top of an environment's tree. */
export function folderOf(kind: KindName): string {
  return `_${kind}`;
}

/** Whether directories of this machine may have any for minions. Quick: it is asked before every call. */
export function hasCustom(roots: Roots, saltenv = BASE): boolean {
  const directories = directoriesOf(roots, saltenv) ?? [];
  return directories.some((directory) =>
    minionKindNames.some((kind) => existsSync(path.join(directory, folderOf(kind)))),
  );
}
