import { messageOf } from '../lib/errors/error.ts';
import type { GitForPillar } from '../lib/git/pillar-remotes.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Roots } from '../lib/environments.ts';
import type { PillarRequest, PillarSettings } from '../lib/pillar-settings.ts';
import type { Instances } from './instances.ts';
import type { RenderPool } from './pool/render-pool.ts';
import type { MadePillar, PillarWork } from './pool/render-pillar.ts';

export interface PillarOptions {
  readonly pool: RenderPool;
  readonly roots: Roots;
  readonly settings: PillarSettings;
  /** `pki_dir`: where the keys are that open what is sealed. */
  readonly keys: string;
  /** What is fetched from git for it. */
  readonly git: GitForPillar;
  readonly instances: Instances;
  readonly log: Log;
}

/** Gives the pillar of one minion, and of nobody else. */
export type PillarOf = (id: string, grains: JsonMap, request: PillarRequest) => Promise<MadePillar>;

/** As it goes to another process: without what is undefined. */
const plain = (value: object): JsonMap => JSON.parse(JSON.stringify(value)) as JsonMap;

/**
 * Compiles the pillar of one minion, in a child process: templates of any size hold up nobody. Pillar files may read the
 * instance registry (`opts.instances`). Raises `TS_STATE_...` and `TS_PILLAR_...` with the first mistake, which the log has,
 * too: who may mend it is at the master, not at the minion.
 */
export function pillarCompiler({ pool, roots, settings, keys, git, instances, log }: PillarOptions): PillarOf {
  const made = {
    roots: plain(roots) as PillarWork['roots'],
    settings: plain(settings),
    keys,
    git: plain(git),
  };
  return async (id, grains, request) => {
    const known = instances.list().filter(({ state }) => state !== 'gone' && state !== 'failed');
    const members = known.map((instance) => ({
      id: instance.id,
      address: instance.address ?? null,
      roles: [...instance.roles],
      state: instance.state,
    }));
    const work: PillarWork = {
      id,
      grains,
      request: plain(request),
      ...made,
      opts: { instances: members },
    };
    try {
      // The child's program answers with nothing else.
      return (await pool.run(`pillar of ${id}`, 'pillar', work)) as unknown as MadePillar;
    } catch (cause) {
      log('warning', 'the pillar of a minion can not be made', { id, reason: messageOf(cause) });
      throw cause;
    }
  };
}
