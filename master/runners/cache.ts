import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import type { Change } from '../../store/codec.ts';
import type { Store } from '../../store/store.ts';
import { choosingByPillar } from '../access/rules.ts';
import type { MinionFacts } from '../facts.ts';
import type { Keys } from '../keys.ts';
import type { MineBook } from '../mine/book.ts';
import type { MineReader } from '../mine/reader.ts';
import type { Caller } from '../orchestrate/steps.ts';
import type { PillarCache } from '../pillar-cache.ts';
import type { Publisher } from '../publisher.ts';
import type { RunnerTable } from './runner.ts';

export interface CacheRunnerParts {
  readonly store: Pick<Store, 'commit'>;
  readonly facts: MinionFacts;
  readonly mine: MineBook;
  readonly mineReader: Pick<MineReader, 'all'>;
  readonly keys: Pick<Keys, 'find'>;
  readonly pillars: PillarCache | undefined;
  readonly meant: Publisher['meant'];
}

const takes = ['tgt', 'tgt_type'];

/** Salt's runner `cache`: what the master remembers of minions, and how it forgets that. */
export function cacheRunners(parts: CacheRunnerParts): RunnerTable {
  function idsOf({ tgt = '*', tgt_type = 'glob' }: JsonMap, { permit }: Caller): readonly string[] {
    const target = { tgt: Array.isArray(tgt) ? tgt.map(asText) : asText(tgt), tgt_type: asText(tgt_type) };
    const { minions, byPillar } = parts.meant(target);
    if (byPillar) permit?.(choosingByPillar);
    return minions;
  }

  /** Gives whether there is such a minion. */
  async function forget(ids: readonly string[], changesOf: (id: string) => readonly Change[]): Promise<Json> {
    const changes = ids.flatMap(changesOf);
    if (changes.length > 0) await parts.store.commit(changes);
    return ids.length > 0;
  }

  const pillarOf = (id: string): Change[] => {
    parts.facts.forgetPillar(id);
    parts.pillars?.clear([id]);
    return [];
  };
  const grainsOf = (id: string): Change[] => parts.facts.forgetGrains(id);
  const mineOf = (id: string): Change[] => parts.mine.forgotten(id);

  return {
    'cache.grains': {
      summary: 'the grains that minions told last, by minion; none for one of which nothing is known',
      takes,
      run: (target, caller) =>
        Object.fromEntries(idsOf(target, caller).map((id) => [id, parts.facts.grains(id) ?? {}])) as JsonMap,
    },
    'cache.pillar': {
      summary:
        'the pillar that was made last for minions, by minion, with `[secret]` for what is marked as secret; none for one that has not asked since the master began',
      takes,
      run: (target, caller) =>
        Object.fromEntries(idsOf(target, caller).map((id) => [id, parts.facts.pillar(id) ?? {}])) as JsonMap,
    },
    'cache.mine': {
      summary: 'all that minions have told the mine, by minion. All may be read here',
      takes,
      run(target, caller) {
        const ids = new Set(idsOf(target, caller));
        const told = [...parts.mineReader.all()].filter(({ id }) => ids.has(id));
        return Object.fromEntries(told.map(({ id, values }) => [id, Object.fromEntries(values)]));
      },
    },
    'cache.clear_pillar': {
      summary:
        'forgets the pillar of minions: until it is made again, which it is when they ask for it, no target by pillar means them. Gives whether there are such minions',
      takes,
      needs: 1,
      run: (target, caller) => forget(idsOf(target, caller), pillarOf),
    },
    'cache.clear_grains': {
      summary:
        'forgets the grains of minions: until they tell them again (`saltutil.refresh_grains`, or when they connect) no target by grains means them',
      takes,
      needs: 1,
      run: (target, caller) => forget(idsOf(target, caller), grainsOf),
    },
    'cache.clear_mine': {
      summary: 'forgets what minions have told the mine',
      takes,
      needs: 1,
      run: (target, caller) => forget(idsOf(target, caller), mineOf),
    },
    'cache.clear_mine_func': {
      summary: 'forgets what minions have told the mine by one function, or under one alias',
      takes: [...takes, 'clear_mine_func_flag'],
      needs: 1,
      async run({ clear_mine_func_flag: name, ...target }, caller) {
        if (name === undefined)
          throw runnerErrors.missing({ fun: 'cache.clear_mine_func', name: 'clear_mine_func_flag' });
        const ids = idsOf(target, caller);
        for (const id of ids) {
          const fingerprint = parts.keys.find(id)?.fingerprint;
          if (fingerprint !== undefined) await parts.mine.forget({ id, fingerprint }, asText(name));
        }
        return ids.length > 0;
      },
    },
    'cache.clear_all': {
      summary: 'the three at once: pillar, grains and mine of minions',
      takes,
      needs: 1,
      run: (target, caller) => forget(idsOf(target, caller), (id) => [...pillarOf(id), ...grainsOf(id), ...mineOf(id)]),
    },
  };
}
