import { BASE } from '../../lib/environments.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import type { TreeEntry } from '../../lib/file-tree.ts';
import { asText, type Json } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { FileServer } from '../files.ts';
import type { Runner, RunnerTable } from './runner.ts';

/** Salt's runner `fileserver`: what minions may fetch. */
export function fileserverRunners(parts: { readonly files: FileServer }): RunnerTable {
  const listing = (summary: string, pick: (entries: readonly TreeEntry[]) => readonly string[]): Runner => ({
    summary,
    takes: ['saltenv'],
    run: async ({ saltenv = BASE }) => [...pick(await entriesOf(asText(saltenv)))],
  });
  async function entriesOf(env: string): Promise<readonly TreeEntry[]> {
    const manifest = await parts.files.manifest(env);
    if (manifest) return manifest.entries;
    const hint = didYouMean(nearest(env, parts.files.environments()));
    throw runnerErrors.noSuchEnvironment({ env }, { hint });
  }
  return {
    'fileserver.envs': {
      summary: 'the environments of the state tree',
      takes: [],
      run: (): Json => [...parts.files.environments()],
    },
    'fileserver.file_list': listing('the files of an environment (`base`)', (entries) =>
      entries.map(([name]) => name).filter((name) => !name.endsWith('/')),
    ),
    'fileserver.dir_list': listing('the directories of an environment', (entries) => foldersOf(entries)),
    'fileserver.empty_dir_list': listing('the directories of an environment with nothing in them', (entries) =>
      entries.flatMap(([name]) => (name.endsWith('/') ? [name.slice(0, -1)] : [])),
    ),
    'fileserver.clear_file_list_cache': {
      summary: 'nothing, for scripts that call it: what is in a tree is looked up when it is asked for',
      takes: ['saltenv', 'backend'],
      run: () => ({}),
    },
  };
}

function foldersOf(entries: readonly TreeEntry[]): string[] {
  const folders = new Set<string>();
  for (const [name] of entries) {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) folders.add(name.slice(0, at));
  }
  return [...folders].sort();
}
