import path from 'node:path';
import {
  commitsNamed,
  fileRemotes,
  idsNeeded,
  type FileRemote,
  type FileRemoteOptions,
} from '../../lib/git/file-remotes.ts';
import { directoryOf, type Refs, type Repository } from '../../lib/git/kept.ts';
import {
  mayNeed,
  pillarCommits,
  pillarRemotes,
  readPillarRemotes,
  type PillarRemote,
  type PillarRemoteOptions,
} from '../../lib/git/pillar-remotes.ts';
import type { Json } from '../../lib/json.ts';
import type { Kept } from './upkeep.ts';

/** What a config says of git. */
export interface GitConfig extends FileRemoteOptions, PillarRemoteOptions {
  readonly cachedir: string;
  readonly git_pillar_update_interval: number;
  readonly ext_pillar: readonly { readonly name: string; readonly args: Json }[];
}

/** Where all that is fetched is kept. */
export const gitDirectory = ({ cachedir }: Pick<GitConfig, 'cachedir'>): string => path.join(cachedir, 'git');

/** What of a repository one of its remotes is about. */
interface Use {
  readonly name: string;
  readonly intervalMs: number;
  readonly commits: readonly string[];
  readonly wanted: (refs: Refs) => Iterable<string>;
}

/** The repositories of state trees: remotes of one address are one. */
export function fileRepositories(config: GitConfig, remotes: readonly FileRemote[] = fileRemotes(config)): Kept[] {
  return together(config, 'files', remotes, (remote) => ({
    name: remote.name,
    intervalMs: remote.update_interval * 1000,
    commits: commitsNamed(remote),
    wanted: (refs) => idsNeeded(remote, refs),
  }));
}

/** The repositories of `git` in `ext_pillar`. */
export function pillarRepositories(config: GitConfig): Kept[] {
  const written = config.ext_pillar.flatMap(({ name, args }) =>
    name === 'git' ? readPillarRemotes(args).remotes : [],
  );
  return together(config, 'pillar', pillarRemotes(written, config), (remote) => ({
    name: remote.name,
    intervalMs: config.git_pillar_update_interval * 1000,
    commits: pillarCommits(remote),
    wanted: (refs) => idsOfPillar(remote, refs),
  }));
}

function idsOfPillar(remote: PillarRemote, { branch, tag }: Refs): string[] {
  return [...branch, ...tag].filter(([name]) => mayNeed(remote, name)).map(([, id]) => id);
}

function together<R extends Repository>(
  config: GitConfig,
  use: Kept['use'],
  remotes: readonly R[],
  useOf: (remote: R) => Use,
): Kept[] {
  const byDirectory = new Map<string, R[]>();
  for (const remote of remotes) {
    const directory = directoryOf(gitDirectory(config), use, remote);
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), remote]);
  }
  return [...byDirectory].flatMap(([directory, same]): Kept[] => {
    const [repository] = same;
    const uses = same.map(useOf);
    return repository === undefined
      ? []
      : [
          {
            use,
            repository,
            directory,
            remote: uses[0]?.name ?? repository.url,
            names: [...new Set([...uses.map(({ name }) => name), repository.url])],
            intervalMs: Math.min(...uses.map(({ intervalMs }) => intervalMs)),
            commits: [...new Set(uses.flatMap(({ commits }) => commits))],
            wanted: (refs) => new Set(uses.flatMap(({ wanted }) => [...wanted(refs)])),
          },
        ];
  });
}
