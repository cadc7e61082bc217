import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isMap } from '../../lib/json.ts';
import { connectLocal } from '../../wire/local/client.ts';
import { parseMasterKey } from '../../wire/master-key.ts';
import { eventually } from '../kit/eventually.ts';
import type { Health } from './master-child.ts';
import type { Served } from './honest-child.ts';
import { rogue, strangers, type Peer } from './peers.ts';
import { seeded } from './random.ts';

/* A real master, over real sockets, is sent what no minion would send; two that are honest are served all the while. */

const frames = Number(process.env['TSALT_FUZZ_FRAMES'] ?? 6_000);
const isLong = frames > 100_000;
const given = process.env['TSALT_FUZZ_SEED'];
// What is run every day finds the same every day; the long run looks elsewhere, too.
const seeds = given === undefined ? (isLong ? [1, Math.floor(Math.random() * 2 ** 32)] : [1]) : [Number(given)];
/** Own work, which a busy machine makes longer, too: its processor is shared, and its caches are cold. */
const mostMs = Number(process.env['TSALT_FUZZ_MOST_MS'] ?? (isLong ? 50 : 200));
const burst = 200;

interface Child<Told> {
  ask(): Promise<Told>;
  isRunning(): boolean;
}

/** A process that tells something when it is asked; it is gone after the test. */
async function started<Told>(t: ExecutionContext, file: string, args: readonly string[]): Promise<Child<Told>> {
  const execArgv = ['--expose-gc', '--enable-source-maps'];
  const child = fork(path.join(import.meta.dirname, file), args, { execArgv });
  t.teardown(async () => {
    if (child.exitCode !== null) return;
    child.disconnect();
    await once(child, 'exit');
  });
  await once(child, 'message');
  return {
    isRunning: () => child.exitCode === null,
    async ask() {
      child.send('how are you?');
      const [told] = (await once(child, 'message')) as [Told];
      return told;
    },
  };
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const rogues = ['bad1', 'bad2', 'bad3', 'bad4', 'bad5'];

for (const seed of seeds) {
  test.serial(
    `fuzz: ${seed === 1 ? 'the usual seed' : 'a seed of today'}, nothing crashes, leaks or stalls, and honest minions are served`,
    async (t) => {
      t.log(`seed ${seed}`);
      if (isLong) t.timeout(3 * 3600_000);
      const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-fuzz-'));
      t.teardown(() => rmSync(directory, { recursive: true, force: true }));
      const master = await started<Health>(t, 'master-child.js', [directory]);
      const run = path.join(directory, 'run');
      const described = JSON.parse(readFileSync(path.join(run, 'master.json'), 'utf8')) as Readonly<
        Record<string, string>
      >;
      const { ret_port: port = '', master_key: masterKey = '' } = described;
      const control = await connectLocal('master', path.join(run, 'master.sock'));
      t.teardown(() => control.close());
      const wire = async (): Promise<Readonly<Record<string, unknown>>> => {
        const stats = await control.call('run', { fun: 'master.stats', arg: [] });
        return isMap(stats) && isMap(stats['wire']) ? stats['wire'] : {};
      };

      const good = await started<Served[]>(t, 'honest-child.js', [String(port), masterKey, 'good1', 'good2']);
      const random = seeded(seed);
      const address = { port: Number(port), masterKey: parseMasterKey(masterKey) };
      const bad = await Promise.all([...rogues, 'waits1'].map((id) => rogue(address, id, random)));
      const noise = strangers(address, random);
      const peers: Peer[] = [...bad, noise];
      t.teardown(() => peers.forEach((peer) => peer.stop()));
      await Promise.all(bad.map((peer) => peer.burst(1)));
      for (const id of [...rogues, 'good1', 'good2']) {
        await eventually(async () => ((await control.call('key.accept', { match: id })) as string[]).includes(id));
      }
      const isServed = (than: readonly Served[]) => async (): Promise<boolean> =>
        (await good.ask()).every(({ answers }, i) => answers > (than[i]?.answers ?? 0));
      await eventually(isServed([]));

      /** Until the master has been sent so many frames. */
      const until = async (goal: number): Promise<void> => {
        let received = 0;
        const counting = async (): Promise<void> => {
          while (received < goal) {
            received = Number((await wire())['frames'] ?? 0);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        };
        const sending = async (peer: Peer): Promise<void> => {
          while (received < goal && master.isRunning()) await peer.burst(peer === noise ? burst / 10 : burst);
        };
        await Promise.all([counting(), ...peers.map(sending)]);
      };
      // What is compiled and kept for good is there after the first tenth.
      await until(frames / 10);
      const early = await master.ask();
      const began = performance.now();
      await until(frames);
      const seconds = (performance.now() - began) / 1000;
      await eventually(isServed(await good.ask()));
      const [late, served, counted] = [await master.ask(), await good.ask(), await wire()];

      t.log(
        `${String(counted['frames'])} frames, ${Math.round((frames * 0.9) / seconds)} a second, ${Math.round(((late.cpuMs - early.cpuMs) / seconds / 1000) * 100)} % of a core`,
      );
      t.log(
        `the event loop was held up ${late.longestOwnMs.toFixed(0)} ms at most by its own work, ${late.longestMs.toFixed(0)} ms by that of the machine`,
      );
      t.log(`999 of 1,000 looks found it held up not over ${late.p999Ms.toFixed(0)} ms`);
      t.log(
        `heap ${mebibytes(early.heap)}, then ${mebibytes(late.heap)}; memory ${mebibytes(early.memory)}, then ${mebibytes(late.memory)}`,
      );
      for (const { id, answers, slowestMs } of served)
        t.log(`${id}: ${answers} answers, the slowest after ${slowestMs.toFixed(0)} ms`);
      t.log(JSON.stringify(counted));
      t.true(master.isRunning());
      t.deepEqual(late.unhandled, []);
      t.is(counted['failed'] ?? 0, 0, 'a handler failed');
      t.deepEqual(
        served.map(({ state, failures }) => ({ state, failures })),
        Array(2).fill({ state: 'accept', failures: [] }),
      );
      t.true(late.longestOwnMs < mostMs, `the event loop was held up for ${late.longestOwnMs} ms`);
      t.true(late.heap - early.heap < 24 * 2 ** 20, `${mebibytes(late.heap - early.heap)} more than before`);
      // It was no fuzz if nothing of it got anywhere.
      const reasons = ['undecodable', 'altered', 'replayed', 'foreign', 'unexpected', 'stranger', 'malformed'];
      for (const name of [
        'items',
        'items.undecodable',
        'items.gap',
        'fetches',
        ...reasons.map((one) => `refused.${one}`),
      ]) {
        t.true(Number(counted[name] ?? 0) > 0, `none was counted as ${name}`);
      }
    },
  );
}
