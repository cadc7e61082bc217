import { asText, type JsonMap } from '../../lib/json.ts';
import { compareDebVersions } from '../../lib/packages/deb-version.ts';
import { version } from '../../lib/version.ts';
import type { MinionFacts } from '../facts.ts';
import type { Away } from '../jobs/listing.ts';
import type { Keys } from '../keys.ts';
import type { Runner } from './runner.ts';

export interface ManageRunnerParts {
  readonly keys: Pick<Keys, 'list'>;
  readonly facts: Pick<MinionFacts, 'grains'>;
  readonly away: Away;
  /** Accepted minions that were turned down for their version, and it. */
  readonly tooOld: ReadonlyMap<string, string>;
}

/** Not one of Salt's groups: there such a minion is not seen at all. */
const TOO_OLD = 'Minion too old';

/** Salt's runner `manage`: which minions there are. A session is what counts; no minion is asked. */
export function manageRunners({ keys, facts, away, tooOld }: ManageRunnerParts): Record<string, Runner> {
  const minions = (connected: boolean): string[] =>
    keys
      .list()
      .filter(({ id, state }) => state === 'accepted' && (away(id) === undefined) === connected)
      .map(({ id }) => id);
  const up: Runner = { summary: 'minions that are connected', takes: [], run: () => minions(true) };
  const down: Runner = { summary: 'accepted minions that are not connected', takes: [], run: () => minions(false) };
  return {
    'manage.up': up,
    'manage.down': down,
    'manage.present': up,
    'manage.not_present': down,
    'manage.alived': up,
    'manage.not_alived': down,
    'manage.status': { summary: 'both', takes: [], run: () => ({ up: minions(true), down: minions(false) }) },
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
