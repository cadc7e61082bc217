import { isMinionId, type MinionId } from '../lib/ids.ts';
import { parseTarget, type Nodegroups, type TargetFacts } from '../lib/target/target.ts';
import type { MinionFacts } from './facts.ts';
import type { Keys } from './keys.ts';

export interface Targeting {
  /**
   * The accepted minions that a target means, and the names in a list that nobody accepted has. What is not known of a
   * minion matches nothing. Raises `TS_TARGET_...` for a target that can't be read.
   */
  resolve(
    target: string | readonly string[],
    type: string,
  ): { readonly minions: readonly MinionId[]; readonly missing: readonly string[] };
}

export interface TargetingOptions {
  readonly keys: Keys;
  readonly facts: MinionFacts;
  readonly nodegroups: Nodegroups;
}

export function targeting({ keys, facts, nodegroups }: TargetingOptions): Targeting {
  const accepted = (): MinionId[] =>
    keys.list().flatMap(({ id, state }) => (state === 'accepted' && isMinionId(id) ? [id] : []));
  const factsOf = (id: string): TargetFacts => ({ id, grains: facts.grains(id), pillar: facts.pillar(id) });
  return {
    resolve(target, type) {
      if (type === 'list') {
        const names = typeof target === 'string' ? target.split(',').map((name) => name.trim()) : [...target];
        const there = new Set<string>(accepted());
        return {
          minions: names.filter(isMinionId).filter((name) => there.has(name)),
          missing: names.filter((name) => !there.has(name)),
        };
      }
      const matches = parseTarget(typeof target === 'string' ? target : target.join(','), type, { nodegroups });
      return { minions: accepted().filter((id) => matches(factsOf(id)) === true), missing: [] };
    },
  };
}
