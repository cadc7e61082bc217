import { randomBytes } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import test from 'ava';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { systemClock } from '../../lib/clock.ts';
import type { MinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { connect as connectWire } from '../../wire/connect.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { parseMasterKey } from '../../wire/master-key.ts';
import { openMinionSockets } from '../../wire/sockets.ts';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { keysOf, linkOf } from '../security/cluster.ts';

test('a disk that was cloned, of two with one key the newer process is in and the older is told why it is out', async (t) => {
  const cluster = await startCluster(t);
  const first = await cluster.joinMinion('web1');
  await first.stop();
  const clone = cluster.startMinion('web1');
  await clone.kill9();
  rmSync(path.join(clone.directory, 'pki'), { recursive: true, force: true });
  cpSync(path.join(first.directory, 'pki'), path.join(clone.directory, 'pki'), { recursive: true });
  first.start();
  await cluster.connected('web1');
  clone.start();
  await eventually(async () => {
    const states = [await linkOf(first), await linkOf(clone)].map((link) => link['state']);
    return states.includes('accept') && states.includes('denied');
  });
  const out = [await linkOf(first), await linkOf(clone)].find((link) => link['state'] === 'denied');
  t.regex(JSON.stringify(out), /newer process/);
  t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
  const told = await eventually(async () => (await cluster.events('tsalt/minion/web1/cloned'))[0]);
  t.like(told?.data, { id: 'web1' });
});

test('a copy of a minion that came, did something and went, the first one takes jobs again', async (t) => {
  const cluster = await startCluster(t);
  const first = await cluster.joinMinion('web1');
  await cluster.exec('web1', 'test.ping');
  const clone = cluster.startMinion('web1');
  await clone.kill9();
  first.pause();
  rmSync(clone.directory, { recursive: true, force: true });
  cpSync(first.directory, clone.directory, { recursive: true, filter: (file) => !/\/(run|lock)$/.test(file) });
  clone.configure({});
  clone.start();
  await cluster.connected('web1');
  for (let n = 0; n < 3; n++) await cluster.exec('web1', 'test.ping');
  await clone.kill9();
  first.resume();
  await eventually(async () => (await linkOf(first))['state'] === 'accept');
  await eventually(async () => (await cluster.exec('web1', 'test.ping', [], 5))[0]?.return === true);
  t.pass();
});

test('a master whose store is an older one again, its minions take jobs', async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1');
  const cache = path.join(cluster.master.directory, 'cache');
  await cluster.master.stop();
  cpSync(cache, `${cache}-then`, { recursive: true });
  await cluster.restartMaster();
  await cluster.connected('web1');
  for (let n = 0; n < 3; n++) await cluster.exec('web1', 'test.ping');
  await cluster.master.stop();
  rmSync(cache, { recursive: true });
  cpSync(`${cache}-then`, cache, { recursive: true });
  await cluster.restartMaster();
  await cluster.connected('web1');
  await eventually(async () => (await cluster.exec('web1', 'test.ping', [], 5))[0]?.return === true);
  t.true(minion.isRunning());
});

test('ids that are no ids, a minion does not start with them, and a master does not take them from one that does', async (t) => {
  const cluster = await startCluster(t);
  for (const id of ['*', '../x', 'a b', 'a'.repeat(300)]) {
    const minion = cluster.startMinion(id);
    await eventually(() => !minion.isRunning());
    t.regex(minion.log(), /id/, id.slice(0, 20));
    const { master_key, ret_port } = cluster.described();
    const hacked = connectWire(
      {
        master: '127.0.0.1',
        port: ret_port,
        masterKey: parseMasterKey(master_key),
        id: id as MinionId,
        identity: generateIdentity(),
        incarnation: 'i1',
        generation: 1,
        outbox: 'o1',
        clock: systemClock,
        log: silent,
      },
      { changed: () => {}, job: () => {}, acknowledged: () => {} },
    );
    t.teardown(() => hacked.stop());
  }
  await eventually(async () => Number((await wireStats(cluster))['refused.undecodable'] ?? 0) >= 4);
  t.like(await keysOf(cluster), { accepted: [], pending: [], rejected: [], denied: [] });
});

async function wireStats(cluster: Cluster): Promise<JsonMap> {
  const stats = await cluster.run('master.stats');
  const wire = isMap(stats) ? stats['wire'] : undefined;
  return isMap(wire) ? (wire as JsonMap) : {};
}

test('noise on both ports of a running master, with and without its public key, minions answer all the while and it is counted', async (t) => {
  const cluster = await startCluster(t);
  await cluster.joinMinion('web1');
  const { publish_port, ret_port, master_key } = cluster.described();
  const before = await wireStats(cluster);
  // Without the key: bytes that are no ZeroMQ, its greeting and then noise, half a greeting.
  const greeting = Buffer.concat([
    Buffer.from('ff00000000000000017f0300', 'hex'),
    Buffer.from('CURVE'),
    Buffer.alloc(47),
  ]);
  for (const port of [publish_port, ret_port]) {
    for (const bytes of [randomBytes(65_536), Buffer.concat([greeting, randomBytes(4096)]), greeting.subarray(0, 20)]) {
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('error', () => {});
      t.teardown(() => socket.destroy());
    }
  }
  // With it: frames that are no hello, one cut short, one far too long.
  const ended: string[] = [];
  const sockets = await openMinionSockets('127.0.0.1', ret_port, parseMasterKey(master_key).curve, {
    received: () => {},
    published: () => {},
    ended: (reason) => ended.push(reason),
  });
  t.teardown(() => sockets.stop());
  for (const size of [0, 1, 49, 50, 51, 4096, 8 << 20]) sockets.send(randomBytes(size));
  for (let round = 0; round < 20; round++) {
    t.is((await cluster.exec('web1', 'test.ping', [], 5))[0]?.return, true);
  }
  await eventually(
    async () => Number((await wireStats(cluster))['refused.stranger'] ?? 0) > Number(before['refused.stranger'] ?? 0),
  );
  t.true(cluster.master.isRunning());
});
