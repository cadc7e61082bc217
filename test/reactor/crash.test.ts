import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { until } from './kit.ts';

test('kill -9 again and again: no acknowledged event misses its reactor, no job runs twice, and what was done stays done', async (t) => {
  t.timeout(110_000);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-crash-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const lines = (name: string) => {
    const file = path.join(directory, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  };
  const kills = 6;
  const settled: number[] = [];
  for (let life = 0; life <= kills + 1; life++) {
    const last = life >= kills;
    const child = fork(path.join(import.meta.dirname, 'crash-child.js'), [directory, last ? '0' : '400']);
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.once('message', resolve));
    // Each life gets somewhat further than the one before.
    const acknowledged = lines('fired').length;
    if (!last) await until(() => lines('fired').length >= acknowledged + 40 * life).then(() => child.kill('SIGKILL'));
    const code = await exit;
    if (!last) continue;
    t.is(code, 0);
    settled.push(lines('delivered').length);
  }
  const fired = lines('fired');
  const delivered = lines('delivered');
  const jobs = lines('jobs').map((line) => line.split(' ')[0]);
  t.true(fired.length > 100, `${fired.length} events were acknowledged`);
  t.deepEqual(
    fired.filter((seq) => !delivered.includes(seq)),
    [],
  );
  t.deepEqual(
    fired.filter((seq) => !jobs.includes(seq)),
    [],
  );
  t.is(new Set(jobs).size, jobs.length, 'each event has one job');
  const again = delivered.length - new Set(delivered).size;
  t.log(
    `${fired.length} acknowledged, ${new Set(delivered).size} delivered, ${again} more than once (failing ones: 3 tries)`,
  );
  t.is(settled[0], settled[1], 'nothing is delivered again once all is done');
});
