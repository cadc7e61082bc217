import type { Clock } from '../../lib/clock.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import { dropOldest } from '../../lib/drop-oldest.ts';
import { backendsOf } from '../../lib/git/backends.ts';
import { fileRemotes } from '../../lib/git/file-remotes.ts';
import { gitUpdateEvent } from '../../lib/salt-events.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { logOf, type Log } from '../../lib/log.ts';
import { environmentsOfRoots, type LocalEnvironments } from '../../states/engine/environments.ts';
import { environmentsWithKept, treeOfKept } from '../../states/engine/kept.ts';
import type { LocalTree } from '../../states/engine/roots.ts';
import type { EventBus } from '../bus.ts';
import { fileServer, type FileServer } from '../files.ts';
import { fileRepositories, gitDirectory, pillarRepositories } from '../git/repositories.ts';
import { gitUpkeep, type Kept, type Upkeep, type UpdateResult } from '../git/upkeep.ts';
import type { StandIn } from '../orchestrate/run-states.ts';
import { directorySource } from './directories.ts';
import { gitTrees } from './git-trees.ts';

/** Where state trees are served from, and who looks after what is fetched. */
export interface OpenFiles {
  readonly files: FileServer;
  readonly upkeep: Upkeep;
  /** The state trees as they are now, on the disk and of git, for the master itself. */
  trees: () => LocalEnvironments;
  /** There are remotes, which may bring more. */
  readonly mayGrow: boolean;
  /** What git has now, for other processes of the master. */
  git(): StandIn['git'];
}

/** No more trees of commits are kept in memory. */
const MOST_TREES = 8;

/** Trees of commits, which never change: each is read once. */
function keptTrees(): typeof treeOfKept {
  const known = new Map<string, LocalTree>();
  return (places, shown) => {
    // Two environments may be of one commit, and errors tell them apart.
    const key = JSON.stringify([places, shown('')]);
    const tree = known.get(key) ?? treeOfKept(places, shown);
    known.delete(key);
    known.set(key, tree);
    dropOldest(known, MOST_TREES);
    return tree;
  };
}

/** Opens the sources of state trees, and begins to fetch those that are elsewhere. */
export function openFiles(config: MasterConfig, bus: EventBus, clock: Clock, whole: Log): OpenFiles {
  const log = logOf(whole, 'files');
  const backends = backendsOf(config.fileserver_backend);
  const usesGit = backends.includes('git');
  if (!usesGit && config.gitfs_remotes.length > 0)
    log('warning', "gitfs_remotes has no effect: fileserver_backend does not name 'git'");
  const remotes = usesGit ? fileRemotes(config) : [];
  const git = gitTrees({ remotes, directory: gitDirectory(config), clock, log });
  const roots = directorySource(config.file_roots, () => clock.monotonic(), log);
  const files = fileServer(backends.map((one) => (one === 'git' ? git : roots)));

  const upkeep = gitUpkeep({
    repositories: [...fileRepositories(config, remotes), ...pillarRepositories(config)],
    clock,
    log,
    told,
  });

  function told({ use }: Kept, { remote, changed }: UpdateResult): void {
    if (use !== 'files') return;
    if (changed) git.reload();
    if (!changed && !config.fileserver_events) return;
    bus.fire(gitUpdateEvent(remote, changed)).catch((thrown: unknown) => {
      log('warning', 'an update of git is no event', { remote, reason: messageOf(thrown) });
    });
  }

  const ofGit = (): StandIn['git'] => ({
    first: backends[0] === 'git',
    places: git.names().map((environment) => [environment, git.placesOf(environment)]),
  });
  const keptTree = keptTrees();
  const onDisk = backends.includes('roots') ? config.file_roots : {};

  return {
    files,
    upkeep,
    trees() {
      const { first, places } = ofGit();
      return environmentsWithKept(environmentsOfRoots(onDisk), new Map(places), first, keptTree);
    },
    mayGrow: remotes.length > 0,
    git: ofGit,
  };
}
