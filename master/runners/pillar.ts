import { didYouMean } from '../../lib/errors/error.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { hideValues } from '../../lib/secrets/values.ts';
import type { MinionFacts } from '../facts.ts';
import type { Keys } from '../keys.ts';
import type { PillarCache } from '../pillar-cache.ts';
import type { PillarOf } from '../pillar.ts';
import type { MadePillar } from '../pool/render-pillar.ts';
import type { Publisher } from '../publisher.ts';
import type { RunnerTable } from './runner.ts';

export interface PillarRunnerParts {
  readonly pillarOf: PillarOf;
  readonly pillars: PillarCache | undefined;
  readonly keys: Pick<Keys, 'find' | 'list'>;
  readonly facts: Pick<MinionFacts, 'grains'>;
  readonly meant: Publisher['meant'];
}

/** Salt's runner `pillar`. What is marked as secret is shown nowhere. */
export function pillarRunners(parts: PillarRunnerParts): RunnerTable {
  const named = (name: string, value: Json | undefined): JsonMap =>
    value === undefined || value === null ? {} : { [name]: asText(value) };

  /** Raises `TS_RUNNER_NO_SUCH_MINION`, and what is wrong with the pillar. */
  async function made({ minion, saltenv, pillarenv }: JsonMap): Promise<MadePillar> {
    const { keys, facts, pillarOf } = parts;
    const id = asText(minion);
    if (keys.find(id)?.state !== 'accepted') {
      const ids = keys.list().flatMap((key) => (key.state === 'accepted' ? [key.id] : []));
      throw runnerErrors.noSuchMinion({ id }, { hint: didYouMean(nearest(id, ids)) });
    }
    const request = { override: {}, ...named('saltenv', saltenv), ...named('pillarenv', pillarenv) };
    return pillarOf(id, facts.grains(id) ?? {}, request);
  }

  return {
    'pillar.show_pillar': {
      summary: 'makes the pillar of a minion and shows it, with `[secret]` for what is marked as secret',
      takes: ['minion', 'saltenv', 'pillarenv'],
      needs: 1,
      async run(args) {
        const { pillar, secrets } = await made(args);
        return hideValues(pillar, new Set(secrets));
      },
    },
    'pillar.show_top': {
      summary:
        'the pillar files that the top files mean for a minion, by environment; other than in Salt, those of other targets are left out',
      takes: ['minion', 'saltenv', 'pillarenv'],
      needs: 1,
      run: async (args) => (await made(args)).top as JsonMap,
    },
    'pillar.clear_pillar_cache': {
      summary:
        'forgets the pillars that `pillar_cache` keeps, of all minions or of a target; gives of how many minions',
      takes: ['tgt', 'tgt_type'],
      run: ({ tgt, tgt_type = 'glob' }) => {
        if (!parts.pillars) return 0;
        if (tgt === undefined) return parts.pillars.clear();
        return parts.pillars.clear(parts.meant({ tgt: asText(tgt), tgt_type: asText(tgt_type) }).minions);
      },
    },
  };
}
