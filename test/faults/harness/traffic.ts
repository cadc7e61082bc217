import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, TsaltError } from '../../../lib/errors/error.ts';
import { asText, isMap, type JsonMap } from '../../../lib/json.ts';
import { connectLocal } from '../../../wire/local/client.ts';
import type { World } from './world.ts';

export interface Traffic {
  /** Asks for nothing more; resolves when everything has been answered, or never will be. Gives answers that no fault explains. */
  stop(): Promise<string[]>;
}

/** So many operations may wait for their answers. */
const MOST_OPEN = 12;
/** An answer that has not come by then is none. */
const PATIENCE_MS = 20_000;

/** How often each kind is asked for, of all. */
const kinds = ['job', 'job', 'state', 'event', 'event', 'event', 'own', 'own', 'own', 'own'] as const;

/** Asks a cluster for one thing after the other, by the world's seed, and records what it says. */
export function startTraffic(world: World, pauseMs = 60): Traffic {
  const { history, machines, random, cluster } = world;
  const open = new Set<Promise<void>>();
  const odd: string[] = [];
  let stopped = false;
  let op = 0;

  function next(): void {
    const own = ++op;
    const kind = random.pick(kinds);
    const { minion } = random.pick(machines);
    const ids =
      kind === 'event' ? [] : kind === 'job' && random.oneIn(2) ? machines.map((one) => one.minion.id) : [minion.id];
    history.add({ phase: 'invoke', op: own, kind, ids });
    const asked =
      kind === 'own' ? fireOwn(minion.directory, own) : kind === 'event' ? fire(own) : publish(kind, own, ids);
    const answered = Promise.race([asked, late()]).then(
      (jid) => history.add({ phase: 'ok', op: own, ...(jid !== undefined && { jid }) }),
      (cause: unknown) => {
        const reason = messageOf(cause);
        const refusal = cause instanceof TsaltError && refusals.includes(cause.code);
        if (cause instanceof TsaltError && !refusal && !silences.includes(cause.code))
          odd.push(`operation ${own}: ${reason}`);
        history.add({ phase: refusal ? 'fail' : 'info', op: own, reason });
      },
    );
    open.add(answered);
    void answered.finally(() => open.delete(answered));
  }

  const data = (n: number): JsonMap => ({ op: n, text: 'x'.repeat(random.below(2_000)) });

  async function fire(n: number): Promise<undefined> {
    await cluster.control.call('event.send', { tag: 'load/master', data: data(n) });
  }

  async function fireOwn(directory: string, n: number): Promise<undefined> {
    const local = await connectLocal('minion', path.join(directory, 'run/minion.sock'));
    await local.call('event', { tag: 'load/minion', data: data(n) }).finally(() => local.close());
  }

  async function publish(kind: 'job' | 'state', n: number, ids: readonly string[]): Promise<string> {
    const order =
      kind === 'job'
        ? { fun: 'cmd.run', arg: [`echo j${n} >> ran`] }
        : { fun: 'state.apply', arg: ['mark'], kwarg: { pillar: { mark: `j${n}` } } };
    const asked = { tgt: ids.join(','), tgt_type: 'list', timeout: 90, wait: false, ...order };
    const made = await cluster.control.call('exec', asked);
    return isMap(made) ? asText((made as JsonMap)['jid']) : '';
  }

  async function run(): Promise<void> {
    while (!stopped) {
      if (open.size < MOST_OPEN) next();
      await delay(random.below(2 * pauseMs));
    }
  }
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
      await Promise.all(open);
      return odd;
    },
  };
}

/** The store says so: nothing of it was recorded. */
const refusals = ['TS_STORE_FULL', 'TS_STORE_WRITE_FAILED', 'TS_STORE_BUSY', 'TS_STORE_CLOSED', 'TS_AUDIT_NOT_WRITTEN'];
/** Nobody was there, or went away. */
const silences = ['TS_CONTROL_GONE', 'TS_CONTROL_UNREACHABLE'];

async function late(): Promise<never> {
  await delay(PATIENCE_MS, undefined, { ref: false });
  throw new Error('no answer');
}
