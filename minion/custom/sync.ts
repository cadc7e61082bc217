import { entriesOf, titleOf } from '../../lib/custom/files.ts';
import { minionKindNames, type MinionKind } from '../../lib/custom/names.ts';
import type { SyncedCustom } from '../../lib/contracts/execution.ts';
import { BASE } from '../../lib/environments.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import type { TreeManifest } from '../../lib/file-tree.ts';
import type { RemoteTree } from '../remote-tree.ts';
import { codeOf, tryFiles, type CustomCode } from './code.ts';
import { masterIndex, readIndex, writeIndex, type CustomIndex } from './index-file.ts';
import { problemOf } from './registries.ts';

export interface MasterCode {
  /** What was fetched last; undefined for none. */
  current(): CustomCode | undefined;
  /**
   * Fetches what these environments have of these kinds and of `utils`, the last one's counting where several have a file, and tries it.
   * What is gone there is gone here, unless `clean` is false.
   */
  sync(kinds: readonly MinionKind[], environments: readonly string[], clean: boolean): Promise<SyncedCustom>;
}

/** What an error calls a file of a master's tree. */
export function shownOf(environment: string, path: string): string {
  return `salt://${path}${environment === BASE ? '' : `?saltenv=${environment}`}`;
}

/** An operator's own code of a master's trees: its bytes are kept by their hash with all other files. */
export function masterCode(cachedir: string, tree: RemoteTree): MasterCode {
  const file = masterIndex(cachedir);
  const fetch = (_: string, entry: TreeManifest['entries'][number]): Promise<Buffer> => tree.fetch(entry);
  const codeWith = (index: CustomIndex): CustomCode | undefined =>
    index.plugins.length === 0 ? undefined : codeOf(index, fetch, shownOf);
  let code = codeWith(readIndex(file));

  return {
    current: () => code,
    async sync(kinds, environments, clean) {
      const before = readIndex(file);
      // What others import comes with whatever is fetched.
      const fetched = minionKindNames.filter((kind) => kinds.includes(kind) || kind === 'utils');
      const others = minionKindNames.filter((kind) => !fetched.includes(kind));
      const files: Record<string, TreeManifest['entries']> = {};
      for (const [environment, entries] of Object.entries(before.files))
        files[environment] = clean ? entriesOf(entries, others) : entries;
      for (const environment of environments) {
        const manifest = await tree.manifest(environment);
        if (!manifest) throw stateErrors.noEnvironment({ saltenv: environment });
        const { entries } = manifest;
        const fresh = entriesOf(entries, fetched);
        const there = new Set(fresh.map(([path]) => path));
        const kept = (files[environment] ?? []).filter(([path]) => !there.has(path));
        // In their order: of several environments the last one's counts.
        delete files[environment];
        files[environment] = [...kept, ...fresh].sort(([a], [b]) => (a < b ? -1 : 1));
      }
      const all = Object.fromEntries(Object.entries(files).filter(([, entries]) => entries.length > 0));
      const isSame = JSON.stringify(all) === JSON.stringify(before.files);
      const index = isSame ? before : await tryFiles(all, fetch, shownOf);
      if (!isSame) writeIndex(file, index);
      code = codeWith(index);
      return syncedOf(kinds, before, index);
    },
  };
}

/** What is new or another one, and what is wrong, by kind. */
export function syncedOf(kinds: readonly MinionKind[], before: CustomIndex, now: CustomIndex): SyncedCustom {
  const known = new Set(
    Object.entries(before.files).flatMap(([environment, entries]) =>
      entries.map(([path, sha256]) => `${environment} ${sha256} ${path}`),
    ),
  );
  const changed = kinds.map((kind) => {
    const titles = Object.entries(now.files).flatMap(([environment, entries]) =>
      entriesOf(entries, [kind])
        .filter(([path, sha256]) => !known.has(`${environment} ${sha256} ${path}`))
        .map(([path]) => titleOf(kind, path)),
    );
    return [kind, [...new Set(titles)].sort()] as const;
  });
  const problems = kinds.map((kind) => {
    const told = now.plugins.flatMap((plugin) => {
      const problem = plugin.kind === kind ? problemOf(plugin) : undefined;
      return problem === undefined ? [] : [`${titleOf(kind, plugin.path)}: ${problem}`];
    });
    return [kind, told] as const;
  });
  const ofKind = ({ files }: CustomIndex, kind: MinionKind): string =>
    JSON.stringify(Object.entries(files).map(([environment, entries]) => [environment, entriesOf(entries, [kind])]));
  const renewed = kinds.filter((kind) => ofKind(before, kind) !== ofKind(now, kind));
  return { renewed, changed: Object.fromEntries(changed), problems: Object.fromEntries(problems) };
}
