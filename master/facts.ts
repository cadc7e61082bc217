import type { JsonMap } from '../lib/json.ts';
import type { Store } from '../store/store.ts';

/** What minions have told of themselves: their grains, for targeting. Nothing secret may depend on them. */
export interface MinionFacts {
  learn(id: string, grains: JsonMap): void;
  /** Undefined while nothing is known: such a minion matches no grain. */
  grains(id: string): JsonMap | undefined;
  forget(id: string): Promise<void>;
}

/** Kept in the store, so that targeting by grains works right after a restart. Written only when they have changed. */
export function minionFacts(store: Store, failed: (cause: unknown) => void): MinionFacts {
  const bucket = store.bucket<JsonMap>('grains');
  return {
    learn(id, grains) {
      if (JSON.stringify(bucket.latest(id)) !== JSON.stringify(grains))
        store.commit([bucket.put(id, grains)]).catch(failed);
    },
    grains: (id) => bucket.latest(id),
    async forget(id) {
      if (bucket.latest(id) !== undefined) await store.commit([bucket.delete(id)]);
    },
  };
}
