import { setTimeout as delay } from 'node:timers/promises';
import { isMap, type Json, type JsonMap } from '../../../lib/json.ts';
import type { Bound } from './checkers.ts';
import type { World } from './world.ts';

/** A figure of `master.stats` and its bound, as the master's code has it. */
const bounds: readonly {
  readonly what: string;
  readonly part: string;
  readonly name: string;
  readonly most: number;
}[] = [
  { what: 'bytes that wait for the disk', part: 'store', name: 'queuedBytes', most: 32 << 20 },
  { what: 'applicants that wait', part: 'wire', name: 'waiting', most: 1_000 },
  { what: 'connections that were challenged', part: 'wire', name: 'challenged', most: 1_000 },
  { what: 'keys that wait', part: 'keys', name: 'pending', most: 1_000 },
  { what: 'renderings that wait', part: 'pool', name: 'waiting', most: 1_000 },
];

/** Most items that wait in an outbox. */
const OUTBOX_MOST = 100_000;
const LOOK_MS = 300;

const asMap = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});

/** Looks at every queue again and again; `stop` looks a last time, and gives the most there ever was. */
export function watchQueues({ cluster, machines }: World): { stop(): Promise<Bound[]> } {
  const peaks = new Map<string, Bound>();
  let stopped = false;

  function note(what: string, value: number, most: number): void {
    const before = peaks.get(what)?.value ?? 0;
    // What is no number stays one that is none.
    peaks.set(what, { what, value: value <= before ? before : value, most });
  }

  async function look(): Promise<void> {
    const stats = asMap(await cluster.control.call('run', { fun: 'master.stats' }));
    for (const { what, part, name, most } of bounds) note(what, Number(asMap(stats[part])[name]), most);
    for (const { minion } of machines) {
      note(`items that wait at ${minion.id}`, Number((await minion.status())['waiting']), OUTBOX_MOST);
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      // Whoever is away has no figures.
      await look().catch(() => {});
      await delay(LOOK_MS);
    }
  }
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
      await look();
      return [...peaks.values()];
    },
  };
}
