import { asText, type JsonMap } from '../../lib/json.ts';
import type { MinionFacts } from '../facts.ts';
import type { Publisher } from '../publisher.ts';
import type { RunnerTable } from './runner.ts';

/** Salt's runner `cache`: what the master remembers of minions. */
export function cacheRunners(facts: Pick<MinionFacts, 'grains'>, meant: Publisher['meant']): RunnerTable {
  return {
    'cache.grains': {
      summary: 'the grains that minions told last, by minion; none for one of which nothing is known',
      takes: ['tgt', 'tgt_type'],
      run: ({ tgt = '*', tgt_type = 'glob' }) => {
        const { minions } = meant({
          tgt: Array.isArray(tgt) ? tgt.map(asText) : asText(tgt),
          tgt_type: asText(tgt_type),
        });
        return Object.fromEntries(minions.map((id) => [id, facts.grains(id) ?? {}])) as JsonMap;
      },
    },
  };
}
