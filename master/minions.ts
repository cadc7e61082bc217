import type { Change } from '../store/codec.ts';
import type { Store } from '../store/store.ts';

/** What the master remembers of a minion across sessions. */
interface MinionRecord {
  /** The outbox its numbers belong to, and the highest number taken from it. */
  readonly outbox: string;
  readonly taken: number;
  /** The process that was last announced by a start event. */
  readonly incarnation: string;
  readonly generation: number;
}

/** How far each minion's outbox was taken, and which of its processes was announced: what makes both happen once. */
export interface MinionBook {
  /** The highest number of that outbox that is on disk here; 0 for another outbox than the last. */
  durable(id: string, outbox: string): number;
  /** As `durable`, counting what is committed and not on disk yet: items up to it are to be left out. */
  taken(id: string, outbox: string): number;
  /** To be committed with what the items up to `n` change. */
  take(id: string, outbox: string, n: number): Change;
  /** Whether that process has not been announced yet. */
  isNew(id: string, incarnation: string): boolean;
  /** To be committed with the start event. */
  started(id: string, incarnation: string, generation: number): Change;
  /** Whether the minion has another outbox than it had: what it took before it will never return. */
  hasNewOutbox(id: string, outbox: string): boolean;
  forget(id: string): Change;
}

const unknown: MinionRecord = { outbox: '', taken: 0, incarnation: '', generation: 0 };

export function minionBook(store: Store): MinionBook {
  const bucket = store.bucket<MinionRecord>('minion');
  const upTo = (record: MinionRecord | undefined, outbox: string) => (record?.outbox === outbox ? record.taken : 0);
  const change = (id: string, changed: Partial<MinionRecord>) =>
    bucket.put(id, { ...(bucket.latest(id) ?? unknown), ...changed });
  return {
    durable: (id, outbox) => upTo(bucket.get(id), outbox),
    taken: (id, outbox) => upTo(bucket.latest(id), outbox),
    take: (id, outbox, n) => change(id, { outbox, taken: n }),
    isNew: (id, incarnation) => bucket.latest(id)?.incarnation !== incarnation,
    started: (id, incarnation, generation) => change(id, { incarnation, generation }),
    hasNewOutbox(id, outbox) {
      const known = bucket.latest(id)?.outbox ?? '';
      return known !== '' && known !== outbox;
    },
    forget: (id) => bucket.delete(id),
  };
}
