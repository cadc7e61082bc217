import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { carbonIsInstalled, startCarbon, type Carbon } from '../../cli/demo/carbon.ts';
import { needing } from './needing.ts';

const withCarbon = needing('graphite-carbon', carbonIsInstalled());

function send(carbon: Carbon, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(carbon.port, carbon.host, () => socket.end(text));
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.resume();
  });
}

async function stored(carbon: Carbon, metric: string, count: number): Promise<ReturnType<Carbon['series']>> {
  for (const end = performance.now() + 60_000; ; await delay(20)) {
    const series = carbon.series(metric);
    if (series.length >= count || performance.now() > end) return series;
  }
}

withCarbon('carbon: samples sent are read back, as its own tool reads them, also after an outage', async (t) => {
  const carbon = await startCarbon();
  t.teardown(() => carbon.close());
  const now = Math.floor(Date.now() / 1000);
  const samples = [
    [now - 3, 1.5],
    [now - 2, -2e9],
    [now - 1, 0],
  ] as const;
  await send(carbon, samples.map(([seconds, value]) => `m.web-1.load ${value} ${seconds}\n`).join(''));
  t.deepEqual(await stored(carbon, 'm.web-1.load', 3), samples);
  const printed = execFileSync(
    'whisper-fetch',
    [`--from=${now - 10}`, `--until=${now + 1}`, carbon.fileOf('m.web-1.load')],
    { encoding: 'utf8' },
  );
  const rows = printed.split('\n').filter((line) => /\t[-\d]/.test(line));
  t.deepEqual(
    rows.map((row) => row.split('\t').map(Number)),
    samples.map((sample) => [...sample]),
  );

  await carbon.stop();
  await t.throwsAsync(send(carbon, 'm.lost 1 1\n'), { code: 'ECONNREFUSED' });
  await carbon.start();
  await send(carbon, `m.web-1.load 7 ${now}\n`);
  t.deepEqual((await stored(carbon, 'm.web-1.load', 4)).at(-1), [now, 7]);
  t.deepEqual(carbon.series('m.never.sent'), []);
  await carbon.close();
  t.false(existsSync(carbon.fileOf('m.web-1.load')));
});
