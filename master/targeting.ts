import { isMinionId, type MinionId } from '../lib/ids.ts';
import { parseTarget, type Nodegroups, type TargetFacts } from '../lib/target/target.ts';
import type { MinionFacts } from './facts.ts';
import type { Keys } from './keys.ts';

export interface Targeting {
  /** Whom a target means; `delimiter` parts the names of a path. Raises `TS_TARGET_...` for a target that can't be read. */
  resolve(target: string | readonly string[], type: string, delimiter?: string): Meant;
}

export interface Meant {
  readonly minions: readonly MinionId[];
  /** Accepted minions of which too little is known to tell; they match nothing. */
  readonly unknown: readonly MinionId[];
  /** Names in a list that nobody accepted has. */
  readonly missing: readonly string[];
  /** What pillars hold was looked at: who is told the minions is told of their pillar. */
  readonly byPillar: boolean;
}

export interface TargetingOptions {
  readonly keys: Keys;
  readonly facts: MinionFacts;
  readonly nodegroups: Nodegroups;
}

export function targeting({ keys, facts, nodegroups }: TargetingOptions): Targeting {
  const accepted = (): MinionId[] =>
    keys.list().flatMap(({ id, state }) => (state === 'accepted' && isMinionId(id) ? [id] : []));
  const factsOf = (id: string, onPillar: () => void): TargetFacts => ({
    id,
    grains: facts.grains(id),
    get pillar() {
      onPillar();
      return facts.pillar(id);
    },
  });
  return {
    resolve(target, type, delimiter = ':') {
      if (type === 'list') {
        const written = typeof target === 'string' ? target.split(',').map((name) => name.trim()) : target;
        const names = [...new Set(written)];
        const there = new Set<string>(accepted());
        return {
          minions: names.filter(isMinionId).filter((name) => there.has(name)),
          unknown: [],
          missing: names.filter((name) => !there.has(name)),
          byPillar: false,
        };
      }
      const matches = parseTarget(typeof target === 'string' ? target : target.join(','), type, {
        nodegroups,
        delimiter,
      });
      let byPillar = false;
      const noted = (): void => void (byPillar = true);
      const verdicts = accepted().map((id) => [id, matches(factsOf(id, noted))] as const);
      const those = (wanted: boolean | undefined): MinionId[] =>
        verdicts.flatMap(([id, verdict]) => (verdict === wanted ? [id] : []));
      return { minions: those(true), unknown: those(undefined), missing: [], byPillar };
    },
  };
}
