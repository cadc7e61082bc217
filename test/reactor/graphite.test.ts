import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { parseTag } from '../../lib/ids.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { parseCpu } from '../../minion/collectors/cpu.ts';
import { parseDisks } from '../../minion/collectors/disk.ts';
import { parseInterfaces } from '../../minion/collectors/interface.ts';
import { parseLoad } from '../../minion/collectors/load.ts';
import { sampleLines } from '../../lib/graphite/lines.ts';
import { startSender } from '../../lib/graphite/sender.ts';
import { openSpool } from '../../lib/graphite/spool.ts';
import result from '../../reactors/result.ts';
import { carbonIsInstalled, startCarbon } from '../../cli/demo/carbon.ts';
import { until } from './kit.ts';
import { needing } from '../kit/needing.ts';

function scratch(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-graphite-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const stat = 'cpu  9 9 9\ncpu0 1 2 3 4 5 6 7 8\n';
const dev = 'h | h\nf | f\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\neth0.100: 5 2 0 0 0 0 0 0 6 3 0 0 0 0 0 0\n';
const disks = ' 8 0 sda 7 1 2 40 8 2 3 50 0 60 70\n';
const samples: [string, JsonMap, string[]][] = [
  ['load', parseLoad('0.25 1.00 2.50 1/2 3'), ['load.1m 0.25', 'load.5m 1', 'load.15m 2.5']],
  [
    'cpu',
    parseCpu(stat),
    ['user 1', 'nice 2', 'system 3', 'idle 4', 'wait 5', 'interrupt 6', 'softirq 7', 'steal 8'].map(
      (x) => `cpu.0.${x}`,
    ),
  ],
  [
    'memory',
    { total: 8, cached: 3, slab_total: 2, slab_reclaimable: 1, slab_unreclaimable: 1 },
    ['total 8', 'cached 3', 'slab_total 2', 'slab_reclaimable 1', 'slab_unreclaimable 1'].map((x) => `memory.${x}`),
  ],
  [
    'interface',
    parseInterfaces(dev),
    [
      'octets.rx 5',
      'octets.tx 6',
      'packets.rx 2',
      'packets.tx 3',
      'errors.rx 0',
      'errors.tx 0',
      'dropped.rx 0',
      'dropped.tx 0',
    ].map((x) => `interface.eth0_100.if_${x}`),
  ],
  [
    'disk',
    parseDisks(disks),
    [
      'ops.read 7',
      'ops.write 8',
      'merged.read 1',
      'merged.write 2',
      'octets.read 1024',
      'octets.write 1536',
      'time.read 40',
      'time.write 50',
    ]
      .map((x) => `disk.sda.disk_${x}`)
      .concat(['in_progress 0', 'io_time 60', 'weighted_time 70'].map((x) => `disk.sda.${x}`)),
  ],
];
for (const [tag, values, lines] of samples) {
  test(`a ${tag} sample: every number has its path, value and the sample's own time`, (t) => {
    t.deepEqual(
      sampleLines('w1', { tag, timestamp: 1_700_000_000.9, ...values }, 5),
      lines.map((line) => `w1.${line} 1700000000\n`),
    );
  });
}

test('a sample with hostile names and values: no line has more than one path, value and time', (t) => {
  const sample = {
    tag: 'x y',
    timestamp: 'never',
    'a b\nc': 1,
    n: 'NaN',
    list: [1],
    deep: { 'd.e': { 'é/..': '-2.5' } },
  };
  t.deepEqual(sampleLines('w.1', sample, 12.7, 'lab.site.'), [
    'lab.site.w_1.x_y.a_b_c 1 12\n',
    'lab.site.w_1.x_y.deep.d_e.____ -2.5 12\n',
  ]);
});

/** A peer like carbon: reads lines, closes when the other side has said all. */
class Carbon {
  readonly lines: string[] = [];
  readonly sockets = new Set<Socket>();
  server: Server | undefined;
  port = 0;

  async start(): Promise<void> {
    const server = createServer((socket) => {
      let rest = '';
      this.sockets.add(socket);
      socket.on('data', (data) => {
        const parts = (rest + data.toString()).split('\n');
        rest = parts.pop() ?? '';
        this.lines.push(...parts);
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.resetAndDestroy();
    this.sockets.clear();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }
}

test('Graphite is away, breaks off and comes back: every line arrives, and the spool is empty at the end', async (t) => {
  const spool = openSpool({ directory: scratch(t), clock: systemClock, segmentBytes: 2_000, segmentMs: 30 });
  const carbon = new Carbon();
  await carbon.start();
  await carbon.stop();
  const sender = startSender({ host: '127.0.0.1', port: carbon.port, spool, clock: systemClock, log: silent });
  const sent: string[] = [];
  const send = (count: number) => {
    for (let n = 0; n < count; n++) {
      sent.push(`w1.load.1m ${sent.length} ${sent.length}`);
      spool.append(`${sent.at(-1)}\n`);
    }
  };
  send(500);
  await until(() => sender.counters().failures > 0);
  await carbon.start();
  send(500);
  await until(() => carbon.lines.length > 300);
  await carbon.stop();
  send(500);
  await carbon.start();
  await until(() => spool.counters().bytes === 0);
  t.deepEqual([...new Set(carbon.lines)].toSorted(), sent.toSorted());
  t.is(spool.counters().droppedLines, 0);
  await sender.stop();
  await carbon.stop();
});

test('the spool is full: its oldest lines are dropped and counted, the newest arrive', async (t) => {
  const directory = scratch(t);
  const spool = openSpool({ directory, clock: systemClock, segmentBytes: 100, boundBytes: 1_000 });
  for (let n = 0; n < 1_000; n++) spool.append(`line ${String(n).padStart(4, '0')}\n`);
  const { bytes, droppedLines } = spool.counters();
  t.true(bytes <= 1_000 && bytes > 800);
  t.is(droppedLines, 1_000 - bytes / 10);
  spool.close();
  const carbon = new Carbon();
  await carbon.start();
  const again = openSpool({ directory, clock: systemClock });
  const sender = startSender({ host: '127.0.0.1', port: carbon.port, spool: again, clock: systemClock, log: silent });
  await until(() => again.counters().bytes === 0);
  t.is(carbon.lines.at(-1), 'line 0999');
  t.is(carbon.lines.length, 1_000 - droppedLines);
  t.deepEqual(readdirSync(directory), []);
  await sender.stop();
  await carbon.stop();
});

test('no graphite.host: samples are skipped with the reason, and nothing is written', async (t) => {
  const reactor = result({ config: {}, cachedir: '/nonexistent', clock: systemClock, log: silent });
  const data = { id: 'w1', data: { tag: 'load', timestamp: 1, '1m': 1 } };
  const answer = await reactor.react({ seq: 1, tag: parseTag('collector/result'), data, depth: 0 }, {} as never);
  t.deepEqual(answer, { skipped: 'no graphite.host is configured' });
});

needing('graphite-carbon', carbonIsInstalled())(
  'the real carbon-cache, away for a while: every sample is stored at its own time',
  async (t) => {
    t.timeout(110_000);
    const carbon = await startCarbon();
    t.teardown(() => carbon.close());
    const reactor = result({
      config: { 'graphite.host': carbon.host, 'graphite.port': carbon.port, 'graphite.prefix': 'lab' },
      cachedir: scratch(t),
      clock: systemClock,
      log: silent,
    });
    const start = Math.floor(Date.now() / 1000) - 100;
    const send = async (from: number, to: number) => {
      for (let seq = from; seq < to; seq++) {
        const data = { id: 'w1.site', data: { tag: 'load', timestamp: start + seq, '1m': seq } };
        await reactor.react({ seq, tag: parseTag('collector/result'), data, depth: 0 }, {} as never);
      }
    };
    const stored = () => carbon.series('lab.w1_site.load.1m').map(([time, value]) => [time - start, value]);
    await send(0, 30);
    await until(() => stored().length === 30, 30_000);
    await carbon.stop();
    await send(30, 60);
    await carbon.start();
    await until(() => stored().length === 60, 60_000);
    t.deepEqual(
      stored(),
      Array.from({ length: 60 }, (_, seq) => [seq, seq]),
    );
    await reactor.close?.();
  },
);
