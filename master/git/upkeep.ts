import { atOnce } from '../../lib/at-once.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { Log } from '../../lib/log.ts';
import { dropBroken, updateRepository, type ToKeep } from './repository.ts';

/** A repository that is kept up to date, and how it stands. */
export interface Kept extends ToKeep {
  /** What it is for. */
  readonly use: 'files' | 'pillar';
  /** Names and addresses of the remotes that it is. */
  readonly names: readonly string[];
  readonly intervalMs: number;
}

export interface Standing {
  readonly use: 'files' | 'pillar';
  readonly remote: string;
  /** Milliseconds since 1970 at which it was last asked with success; undefined: not since the master began. */
  readonly asked: number | undefined;
  /** Why what is kept may be old, or not all. */
  readonly failure: string | undefined;
}

export interface UpdateResult {
  readonly remote: string;
  readonly changed: boolean;
  readonly failure?: string;
}

export interface Upkeep {
  /** Asks repositories now; those that were being asked are asked again. */
  update(chosen: (one: Kept) => boolean): Promise<readonly UpdateResult[]>;
  repositories(): readonly Kept[];
  standing(): readonly Standing[];
  counters(): Readonly<Record<'changed' | 'same' | 'failed', number>>;
  /** How many of the repositories could not be asked, or not be taken whole, the last time. */
  failing(): number;
  stop(): Promise<void>;
}

export interface UpkeepOptions {
  readonly repositories: readonly Kept[];
  readonly clock: Clock;
  readonly log: Log;
  /** After each update, with what came of it. */
  readonly told: (one: Kept, result: UpdateResult) => void;
}

/** So many repositories are asked at a time. */
const MOST_ASKED = 2;

/** Asks git repositories now and then in the background: nobody waits for one, and what a failure leaves is served on. */
export function gitUpkeep({ repositories, clock, log, told }: UpkeepOptions): Upkeep {
  const ending = new AbortController();
  const counters = { changed: 0, same: 0, failed: 0 };
  const turn = atOnce(MOST_ASKED);
  const keepers = repositories.map((one) => keeper(one));

  function keeper(one: Kept) {
    const { remote, use } = one;
    let asked: number | undefined;
    let failure: string | undefined;
    let isLookedThrough = false;
    let running: Promise<UpdateResult> | undefined;
    let following: Promise<UpdateResult> | undefined;
    let cancel = (): void => {};

    async function work(): Promise<UpdateResult> {
      try {
        if (!isLookedThrough) await dropBroken(one.directory);
        isLookedThrough = true;
        const { changed, failures } = await updateRepository(one, { clock, signal: ending.signal });
        asked = clock.now();
        note(failures[0]);
        counters[changed ? 'changed' : 'same']++;
        if (changed) log('info', 'a git remote has something new', { remote });
        return { remote, changed, ...(failure !== undefined && { failure }) };
      } catch (thrown) {
        note(messageOf(thrown));
        counters.failed++;
        return { remote, changed: false, failure: messageOf(thrown) };
      }
    }

    function note(reason: string | undefined): void {
      const isNews = reason !== failure;
      failure = reason;
      if (!isNews || ending.signal.aborted) return;
      if (reason === undefined) log('info', 'a git remote is well again', { remote });
      else log('warning', 'a git remote can not be taken: what is here is served on', { remote, reason });
    }

    /** One after the other, as two would write into the same directory: all who ask meanwhile have the one that follows. */
    function update(): Promise<UpdateResult> {
      if (!running) return begin();
      following ??= running.then(() => begin());
      return following;
    }

    function begin(): Promise<UpdateResult> {
      following = undefined;
      cancel();
      running = turn(work).then((result) => {
        running = undefined;
        if (ending.signal.aborted) return result;
        told(one, result);
        cancel = clock.after(one.intervalMs, () => void update());
        return result;
      });
      return running;
    }

    return {
      one,
      update,
      standing: (): Standing => ({ use, remote, asked, failure }),
      end: async (): Promise<void> => {
        cancel();
        await (following ?? running);
      },
    };
  }

  for (const { update } of keepers) void update();
  return {
    update: (chosen) => Promise.all(keepers.filter(({ one }) => chosen(one)).map(({ update }) => update())),
    repositories: () => repositories,
    standing: () => keepers.map(({ standing }) => standing()),
    counters: () => ({ ...counters }),
    failing: () => keepers.filter(({ standing }) => standing().failure !== undefined).length,
    async stop() {
      ending.abort();
      await Promise.all(keepers.map(({ end }) => end()));
    },
  };
}
