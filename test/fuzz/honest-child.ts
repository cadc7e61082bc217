import { systemClock } from '../../lib/clock.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { connect } from '../../wire/connect.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { parseMasterKey } from '../../wire/master-key.ts';
import type { MinionLink } from '../../wire/types.ts';

/* Minions that do what they should, in a process of their own, which tells how they are served. */

/** How one of them is served. */
export interface Served {
  readonly id: string;
  readonly state: string;
  readonly answers: number;
  /** The longest that it waited for one, in ms. */
  readonly slowestMs: number;
  /** Questions that failed, and sessions that ended. */
  readonly failures: readonly string[];
}

const [port, masterKey = '', ...ids] = process.argv.slice(2);

function honest(id: string): () => Served {
  const failures: string[] = [];
  let [slowestMs, answers] = [0, 0];
  const link: MinionLink = connect(
    {
      master: '127.0.0.1',
      port: Number(port),
      masterKey: parseMasterKey(masterKey),
      id: parseMinionId(id),
      identity: generateIdentity(),
      incarnation: 'i',
      generation: 1,
      outbox: 'o',
      clock: systemClock,
      log: silent,
    },
    {
      changed(state) {
        if (state.state === 'accept' && answers === 0) void ask();
        else if (answers > 0) failures.push(JSON.stringify(state));
      },
      job: () => {},
      acknowledged: () => {},
    },
  );
  async function ask(): Promise<void> {
    const began = performance.now();
    try {
      await link.ask('files.page', { env: 'base', after: 0, known: '' });
      answers++;
      slowestMs = Math.max(slowestMs, performance.now() - began);
    } catch (error) {
      failures.push(String(error));
    }
    setTimeout(() => void ask(), 20);
  }
  return () => ({ id, state: link.state.state, answers, slowestMs, failures });
}

const all = ids.map(honest);
process.on('message', () => process.send?.(all.map((one) => one())));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
