import type { JsonMap } from '../lib/json.ts';
import type { Change } from '../store/codec.ts';
import type { Store } from '../store/store.ts';

/** What is known of minions, for targeting: the grains they told of themselves, on which nothing secret may depend, and their pillar. */
export interface MinionFacts {
  learn(id: string, grains: JsonMap): void;
  /** Undefined while nothing is known: such a minion matches no grain. */
  grains(id: string): JsonMap | undefined;
  /** Keeps the pillar that was compiled for it last, in memory only: it may hold secrets that nobody has marked. */
  learnPillar(id: string, pillar: JsonMap): void;
  /** Undefined until it was compiled in this process. */
  pillar(id: string): JsonMap | undefined;
  forgetPillar(id: string): void;
  forgetGrains(id: string): Change[];
  /** Forgets its pillar at once; the changes forget the rest. */
  forget(id: string): Change[];
}

/** Kept in the store, so that targeting by grains works right after a restart. Written only when they have changed. */
export function minionFacts(store: Store, failed: (cause: unknown) => void): MinionFacts {
  const bucket = store.bucket<JsonMap>('grains');
  const pillars = new Map<string, JsonMap>();
  const forgetPillar = (id: string): void => void pillars.delete(id);
  const forgetGrains = (id: string): Change[] => (bucket.latest(id) === undefined ? [] : [bucket.delete(id)]);
  return {
    learn(id, grains) {
      if (JSON.stringify(bucket.latest(id)) !== JSON.stringify(grains))
        store.commit([bucket.put(id, grains)]).catch(failed);
    },
    grains: (id) => bucket.latest(id),
    learnPillar: (id, pillar) => void pillars.set(id, pillar),
    pillar: (id) => pillars.get(id),
    forgetPillar,
    forgetGrains,
    forget(id) {
      forgetPillar(id);
      return forgetGrains(id);
    },
  };
}
