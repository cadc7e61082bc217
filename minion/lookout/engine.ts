import type { ConfiguredBeacon } from '../../lib/beacons/read.ts';
import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { BeaconContext, BeaconEvent, BeaconRegistry, Watching } from '../../lib/contracts/beacon.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { Log } from '../../lib/log.ts';

export interface EngineOptions {
  readonly registry: BeaconRegistry;
  readonly context: BeaconContext;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  /** Whether states are run on this machine now. */
  readonly statesRun: () => boolean;
  /** Fires an event of the beacon of this name. */
  readonly tell: (beacon: string, event: BeaconEvent) => Promise<void>;
}

export interface BeaconEngine {
  /** Takes these in place of those before. One that has not changed goes on with what it knows. */
  set(beacons: readonly ConfiguredBeacon[]): void;
  stop(): void;
}

interface Kept {
  readonly beacon: ConfiguredBeacon;
  readonly stop: () => void;
}

/** Events of one look, at most: the rest is counted and left out. */
const MOST_EVENTS = 1000;
/** A look that takes longer is told of; it goes on, and no other is begun. */
const LATE_MS = 30_000;
/** A beacon that fails is tried less and less often, to once in so long. */
const LONGEST_PAUSE_MS = 60_000;

/** Runs beacons, each by itself: one that is slow or fails delays no other. */
export function beaconEngine(options: EngineOptions): BeaconEngine {
  let kept = new Map<string, Kept>();
  return {
    set(beacons) {
      const before = kept;
      kept = new Map();
      for (const beacon of beacons) {
        const old = before.get(beacon.name);
        const isSame = old !== undefined && JSON.stringify(old.beacon) === JSON.stringify(beacon);
        if (isSame) before.delete(beacon.name);
        else old?.stop();
        kept.set(beacon.name, isSame ? old : keep(beacon, options));
      }
      for (const { stop } of before.values()) stop();
    },
    stop() {
      for (const { stop } of kept.values()) stop();
      kept = new Map();
    },
  };
}

/** Keeps one beacon looking until it is stopped. */
function keep(beacon: ConfiguredBeacon, options: EngineOptions): Kept {
  const { registry, context, clock, log, statesRun, tell } = options;
  const { name, module, parameters, intervalMs, disableDuringStateRun, runOnce } = beacon;
  const pauses = backoff(1000, LONGEST_PAUSE_MS, options.random);
  let watching: Watching | undefined;
  let complaint: string | undefined;
  let isStopped = false;
  let cancel = (): void => {};

  async function complain(reason: string): Promise<void> {
    if (reason === complaint) return;
    complaint = reason;
    log('error', 'a beacon fails', { beacon: name, reason });
    await tell(name, { data: { error: reason } });
  }

  async function begin(): Promise<Watching> {
    // The parameters came out of this beacon's own schema.
    return (await registry.load(module)).start(parameters as never, context);
  }

  /** Looks once. Gives how long to wait for the next time, in ms; undefined when it is done. */
  async function look(): Promise<number | undefined> {
    if (disableDuringStateRun && statesRun()) {
      // As in Salt: what holds on to something begins anew afterwards, the rest compares with what it saw before.
      if (watching?.close) release();
      return intervalMs;
    }
    const unlate = clock.after(LATE_MS, () => void complain(`it has been looking for ${LATE_MS / 1000} s`));
    const started = clock.monotonic();
    try {
      watching ??= await begin();
      // It was taken away while it was read.
      if (isStopped) {
        release();
        return undefined;
      }
      const events = await watching.look();
      const unkept: unknown[] = [];
      for (const event of events.slice(0, MOST_EVENTS))
        await tell(name, event).catch((thrown: unknown) => unkept.push(thrown));
      const more = events.length - MOST_EVENTS;
      if (more > 0) await tell(name, { data: { error: `${more} more events came at once: they were left out` } });
      if (unkept.length > 0) throw unkept[0];
    } catch (thrown) {
      await complain(messageOf(thrown));
      return Math.max(intervalMs, pauses.next());
    } finally {
      unlate();
    }
    if (complaint !== undefined) log('info', 'a beacon works again', { beacon: name });
    complaint = undefined;
    pauses.reset();
    return runOnce ? undefined : Math.max(0, intervalMs - (clock.monotonic() - started));
  }

  function release(): void {
    watching?.close?.();
    watching = undefined;
  }

  async function turn(): Promise<void> {
    const wait = await look().catch((thrown: unknown) => {
      log('error', 'what a beacon has to say could not be kept', { beacon: name, reason: messageOf(thrown) });
      return LONGEST_PAUSE_MS;
    });
    if (isStopped || wait === undefined) return release();
    cancel = clock.after(wait, () => void turn());
  }

  void turn();
  return {
    beacon,
    stop() {
      isStopped = true;
      cancel();
      release();
    },
  };
}
