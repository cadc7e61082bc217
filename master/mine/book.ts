import type { MineEntries, MineEntry } from '../../lib/contracts/mine.ts';
import { mineErrors } from '../../lib/errors/mine.ts';
import type { Change } from '../../store/codec.ts';
import type { Store } from '../../store/store.ts';

/** What one minion has told. */
export interface MineRecord {
  /** Of the key that told it: whoever has the id with another key has told nothing. */
  readonly fingerprint: string;
  readonly entries: MineEntries;
}

/** Whose entries they are: the id and the key of a session. */
export interface Teller {
  readonly id: string;
  readonly fingerprint: string;
}

/** What all minions have told, in the store. */
export interface MineBook {
  /** Those that have told something, from the id after `after` on, with what is on disk. */
  tellers(after?: string): Iterable<readonly [string, MineRecord]>;
  /**
   * Adds entries, or puts them in the place of all others. Gives the bytes that were written: none when nothing changed.
   * Raises `TS_MINE_TOO_MUCH`, and as `Store.commit`.
   */
  tell(teller: Teller, entries: MineEntries, clear: boolean): Promise<number>;
  /** Forgets one entry, or all. Gives the bytes that were written. */
  forget(teller: Teller, name?: string): Promise<number>;
  /** To be committed with what takes its key away. */
  forgotten(id: string): Change[];
}

/** What a minion may have in the mine, as JSON: the addresses, packages and services of a large machine, many times over. */
export const MOST_BYTES = 256 * 1024;
const AT_ONCE = 100;

export function mineBook(store: Store): MineBook {
  const bucket = store.bucket<MineRecord>('mine');

  const entriesOf = ({ id, fingerprint }: Teller): MineEntries => {
    const record = bucket.latest(id);
    return record?.fingerprint === fingerprint ? record.entries : {};
  };

  async function put(teller: Teller, entries: readonly (readonly [string, MineEntry])[]): Promise<number> {
    const { id, fingerprint } = teller;
    const made = Object.fromEntries(entries);
    const text = JSON.stringify(made);
    if (text === JSON.stringify(entriesOf(teller))) {
      await store.settled();
      return 0;
    }
    const bytes = Buffer.byteLength(text);
    if (bytes > MOST_BYTES) throw mineErrors.tooMuch({ bytes, most: MOST_BYTES });
    const change = entries.length === 0 ? bucket.delete(id) : bucket.put(id, { fingerprint, entries: made });
    await store.commit([change]);
    return bytes;
  }

  return {
    *tellers(after = '') {
      for (let from = after; ;) {
        const found = bucket.scan('', { limit: AT_ONCE, ...(from !== '' && { after: from }) });
        for (const { key, value } of found) yield [key, value];
        const last = found.at(-1);
        if (!last || found.length < AT_ONCE) return;
        from = last.key;
      }
    },
    tell(teller, entries, clear) {
      // An entry that is told again keeps its place, so that what has not changed is the same.
      const all = new Map(Object.entries(clear ? {} : entriesOf(teller)));
      for (const [name, entry] of Object.entries(entries)) all.set(name, entry);
      return put(teller, [...all]);
    },
    forget(teller, name) {
      const rest = name === undefined ? [] : Object.entries(entriesOf(teller)).filter(([known]) => known !== name);
      return put(teller, rest);
    },
    forgotten: (id) => (bucket.latest(id) === undefined ? [] : [bucket.delete(id)]),
  };
}
