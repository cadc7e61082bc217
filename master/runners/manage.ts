import { asText, type JsonMap } from '../../lib/json.ts';
import { compareDebVersions } from '../../lib/packages/deb-version.ts';
import { version } from '../../lib/version.ts';
import { choosingByPillar } from '../access/rules.ts';
import type { MinionFacts } from '../facts.ts';
import type { Away } from '../jobs/listing.ts';
import type { Keys } from '../keys.ts';
import type { Caller } from '../orchestrate/steps.ts';
import type { Publisher } from '../publisher.ts';
import type { Runner } from './runner.ts';

export interface ManageRunnerParts {
  readonly keys: Pick<Keys, 'list'>;
  readonly facts: Pick<MinionFacts, 'grains'>;
  readonly away: Away;
  /** Accepted minions that were turned down for their version, and it. */
  readonly tooOld: ReadonlyMap<string, string>;
  readonly meant: Publisher['meant'];
}

/** They all mean the same to Salt by now. */
const words = ['present', 'alived', 'allowed', 'joined', 'reaped', 'list_state'];
const notWord = (word: string): string => (word === 'list_state' ? 'list_not_state' : `not_${word}`);

/** Not one of Salt's groups: there such a minion is not seen at all. */
const TOO_OLD = 'Minion too old';

/** Salt's runner `manage`: which minions there are. A session is what counts; no minion is asked. */
export function manageRunners({ keys, facts, away, tooOld, meant }: ManageRunnerParts): Record<string, Runner> {
  const minions = (connected: boolean): string[] =>
    keys
      .list()
      .filter(({ id, state }) => state === 'accepted' && (away(id) === undefined) === connected)
      .map(({ id }) => id);

  /** Those of a target; of all, where there is none. */
  function ofTarget(connected: boolean, { tgt, tgt_type = 'glob' }: JsonMap, { permit }: Caller): string[] {
    if (tgt === undefined) return minions(connected);
    const target = meant({ tgt: Array.isArray(tgt) ? tgt.map(asText) : asText(tgt), tgt_type: asText(tgt_type) });
    if (target.byPillar) permit?.(choosingByPillar);
    const wanted = new Set<string>(target.minions);
    return minions(connected).filter((id) => wanted.has(id));
  }

  const look = (summary: string, connected: boolean): Runner => ({
    summary: `${summary}; of these ids alone, with \`subset\``,
    takes: ['subset'],
    run({ subset }) {
      if (subset === undefined || subset === null) return minions(connected);
      const wanted = new Set(Array.isArray(subset) ? subset.map(asText) : asText(subset).split(','));
      return minions(connected).filter((id) => wanted.has(id));
    },
  });
  const there = look('minions that are connected', true);
  const notThere = look('accepted minions that are not connected', false);
  const takes = ['tgt', 'tgt_type'];
  return {
    'manage.up': {
      summary: 'minions that are connected, all or of a target',
      takes,
      run: (args, caller) => ofTarget(true, args, caller),
    },
    'manage.down': {
      summary: 'accepted minions that are not connected, all or of a target',
      takes,
      run: (args, caller) => ofTarget(false, args, caller),
    },
    'manage.status': {
      summary: 'both',
      takes,
      run: (args, caller) => ({ up: ofTarget(true, args, caller), down: ofTarget(false, args, caller) }),
    },
    ...Object.fromEntries(words.map((word) => [`manage.${word}`, there])),
    ...Object.fromEntries(words.map((word) => [`manage.${notWord(word)}`, notThere])),
    'manage.versions': {
      summary:
        "the master's version, and those of connected minions by how they compare with it; and of those that are turned down for being too old",
      takes: [],
      run: () => ({
        ...versions(minions(true).map((id) => [id, asText(facts.grains(id)?.['tsaltversion'])])),
        ...(tooOld.size > 0 && { [TOO_OLD]: Object.fromEntries(tooOld) }),
      }),
    },
  };
}

/** As Salt groups them. One that has not told its version yet is `Unknown`. */
function versions(minions: readonly (readonly [string, string])[]): JsonMap {
  const groups = new Map<string, JsonMap>();
  for (const [id, own] of minions) {
    const order = own === '' ? undefined : compareDebVersions(own, version);
    const group =
      order === undefined
        ? 'Unknown'
        : { '-1': 'Minion requires update', '0': 'Up to date', '1': 'Minion newer than master' }[order];
    groups.set(group, { ...groups.get(group), [id]: own === '' ? null : own });
  }
  return { Master: version, ...Object.fromEntries(groups) };
}
