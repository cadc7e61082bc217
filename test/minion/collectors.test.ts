import test from 'ava';
import type { CollectorContext, Sample } from '../../lib/contracts/collector.ts';
import type { Json } from '../../lib/json.ts';
import { parseCpu } from '../../minion/collectors/cpu.ts';
import { parseDisks } from '../../minion/collectors/disk.ts';
import { parseInterfaces } from '../../minion/collectors/interface.ts';
import { parseLoad } from '../../minion/collectors/load.ts';
import { parseMemory } from '../../minion/collectors/memory.ts';
import { builtinCollectors } from '../../minion/collectors/registry.ts';
import collector from '../../minion/modules/collector.ts';

test('collectors: /proc/loadavg, gives numbers', (t) => {
  t.deepEqual(parseLoad('0.51 0.34 0.18 7/143 20369\n'), { '1m': 0.51, '5m': 0.34, '15m': 0.18 });
  t.deepEqual(parseLoad(''), {});
});

test('collectors: /proc/stat, each processor by its number and the sum left out', (t) => {
  const text = `cpu  14510 0 6477 368213 1352 0 141 29 0 0
cpu0 5710 0 2642 186833 125 0 14 10 0 0
cpu11 8799 1 3834 181380 1226 2 127 9007199254740993 0 0
intr 583479 0 0 0
ctxt 99
`;
  t.deepEqual(parseCpu(text), {
    0: { user: 5710, nice: 0, system: 2642, idle: 186_833, wait: 125, interrupt: 0, softirq: 14, steal: 10 },
    // 2^53 + 1 is no double: the nearest one stands for it.
    11: { user: 8799, nice: 1, system: 3834, idle: 181_380, wait: 1226, interrupt: 2, softirq: 127, steal: 2 ** 53 },
  });
});

test('collectors: /proc/stat of an old kernel, has the columns there are', (t) => {
  t.deepEqual(parseCpu('cpu0 1 2 3 4\n'), { 0: { user: 1, nice: 2, system: 3, idle: 4 } });
});

const meminfo = `MemTotal:       24684084 kB
MemFree:        23407896 kB
MemAvailable:   24099992 kB
Buffers:           22500 kB
Cached:           751752 kB
SwapCached:            1 kB
Active(anon):       1632 kB
SwapTotal:             8 kB
SwapFree:              7 kB
Slab:             251644 kB
SReclaimable:     219732 kB
SUnreclaim:        31912 kB
HugePages_Total:       0
`;

test('collectors: /proc/meminfo, keeps the slabs apart and works out what is used', (t) => {
  t.deepEqual(parseMemory(meminfo), {
    total: 24_684_084,
    free: 23_407_896,
    available: 24_099_992,
    buffered: 22_500,
    cached: 751_752,
    slab_total: 251_644,
    slab_reclaimable: 219_732,
    slab_unreclaimable: 31_912,
    swap_total: 8,
    swap_free: 7,
    used: 24_684_084 - 23_407_896 - 22_500 - 751_752 - 251_644,
  });
});

test('collectors: /proc/meminfo without some fields, does not make them up', (t) => {
  t.deepEqual(parseMemory('MemTotal: 10 kB\nMemFree: 4 kB\n'), { total: 10, free: 4 });
});

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:   10544     110    0    0    0     0          0         0    10544     110    0    0    0     0       0          0
  eth0: 348538224    9635    1    2    0     0          0         0   833242    6121    3    4    0     0       0          0
eth0.100:123456789012345 7 0 0 0 0 0 0 9007199254740993 8 0 0 0 0 0 0
enp0s31f6:99 1 0 0 0 0 0 0 98 2 0 0 0 0 0 0
eth1:0: 5 6 0 0 0 0 0 0 7 8 0 0 0 0 0 0
bad0: 1 2 3
`;

test('collectors: /proc/net/dev, names with dots, colons and no blank before the numbers', (t) => {
  const read = parseInterfaces(netDev);
  t.deepEqual(Object.keys(read), ['eth0', 'eth0.100', 'enp0s31f6', 'eth1:0', 'bad0']);
  t.deepEqual(read.eth0, {
    if_octets: { rx: 348_538_224, tx: 833_242 },
    if_packets: { rx: 9635, tx: 6121 },
    if_errors: { rx: 1, tx: 3 },
    if_dropped: { rx: 2, tx: 4 },
  });
  t.like(read['eth0.100'], { if_octets: { rx: 123_456_789_012_345, tx: 2 ** 53 } });
  t.like(read.enp0s31f6, { if_octets: { rx: 99, tx: 98 } });
  t.like(read['eth1:0'], { if_octets: { rx: 5, tx: 7 } });
  t.deepEqual(read.bad0, {}, 'columns that are not there are not made up');
});

test('collectors: /proc/diskstats, sectors become octets and memory devices are left out', (t) => {
  const text = `   7       0 loop0 1 1 1 1 1 1 1 1 0 1 1
   1       0 ram0 1 1 1 1 1 1 1 1 0 1 1
 253       0 zram0 1 1 1 1 1 1 1 1 0 1 1
 252       0 dm-0 1 1 1 1 1 1 1 1 0 1 1
 254       0 vda 137648 39740 5978754 53038 48841 54595 3305744 12430 3 19628 66433 10079 56 662160 744 6011 220
 259       1 nvme0n1p1 1 2 3 4 5 6 7 8 9 10 11
   8       1 sda1 100 200 300 400
`;
  const read = parseDisks(text);
  t.deepEqual(Object.keys(read), ['vda', 'nvme0n1p1']);
  t.deepEqual(read.vda, {
    disk_ops: { read: 137_648, write: 48_841 },
    disk_merged: { read: 39_740, write: 54_595 },
    disk_octets: { read: 5_978_754 * 512, write: 3_305_744 * 512 },
    disk_time: { read: 53_038, write: 12_430 },
    in_progress: 3,
    io_time: 19_628,
    weighted_time: 66_433,
  });
});

/** Every leaf beside the tag is a number. */
function leaves(value: Json): Json[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value];
}

test('collectors: each of this machine, gives a sample of numbers with its tag and time', async (t) => {
  const context: CollectorContext = {
    now: () => 1_767_225_600_999,
    readText: (path) =>
      path === '/proc/net/dev' ? `${netDev}tag: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n` : texts(path),
  };
  const texts = (path: string) =>
    ({ '/proc/loadavg': '1 2 3 4/5 6', '/proc/stat': 'cpu0 1 2 3 4', '/proc/meminfo': meminfo, '/proc/diskstats': '' })[
      path
    ] ?? '';
  for (const name of builtinCollectors.names) {
    const sample: Sample = (await builtinCollectors.load(name)).collect(context);
    const { tag, timestamp, ...figures } = sample;
    t.deepEqual([tag, timestamp], [name, 1_767_225_600]);
    t.true(leaves(figures).every((leaf) => typeof leaf === 'number'));
  }
});

test('collectors: the execution module, has the short names and those of old trees', (t) => {
  const { functions } = collector;
  t.is(functions.load, functions.collect_load_avg);
  t.is(functions.interface, functions.collect_net_dev);
  t.true(Object.values(functions).every(({ quick }) => quick));
});
