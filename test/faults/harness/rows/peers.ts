import { randomBytes } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseMasterKey } from '../../../../wire/master-key.ts';
import { openMinionSockets } from '../../../../wire/sockets.ts';
import { fault, fireMany, goOn } from '../nemesis.ts';
import type { Row } from '../row.ts';
import type { World } from '../world.ts';

/** Raises when that minion does not answer. */
async function pings({ cluster }: World, id: string): Promise<void> {
  const [end] = await cluster.exec(id, 'test.ping', [], 30);
  if (end?.return !== true) throw new Error(`${id} did not answer a ping: ${JSON.stringify(end)}`);
}

export const peerRows: readonly Row[] = [
  {
    name: 'minion-cloned',
    what: 'a copy of a running machine runs beside it: one is in, one job runs once on each',
    async faults(world) {
      const { cluster, clones } = world;
      const [first] = world.machines;
      if (!first) return;
      await goOn(world, 1_000, 2_000);
      const clone = cluster.startMinion(first.minion.id);
      await clone.kill9();
      clones.push(clone);
      for (const part of ['pki', 'cache']) {
        rmSync(path.join(clone.directory, part), { recursive: true, force: true });
        cpSync(path.join(first.minion.directory, part), path.join(clone.directory, part), {
          recursive: true,
          filter: (file) => !file.endsWith('lock'),
        });
      }
      fault(world, 'the copy is started');
      clone.start();
      await goOn(world, 2_000, 5_000);
      fault(world, 'the copy is killed');
      await clone.kill9();
      await goOn(world, 500, 1_000);
    },
    // The two share one sequence of items: what one of them sent may count as the other's, and is sent again.
    forgives: () => ['eventsOnce'],
  },
  {
    name: 'minion-floods',
    what: 'a minion fires thousands of events at once: another one is answered, and no queue is above its bound',
    async faults(world) {
      const [loud, quiet] = world.machines;
      if (!loud || !quiet) return;
      fault(world, `${loud.minion.id} floods`);
      const fired = fireMany(loud.minion, 3_000 + world.random.below(3_000));
      for (let n = 0; n < 5; n++) await pings(world, quiet.minion.id);
      await fired;
    },
  },
  {
    name: 'strangers-flood',
    what: 'noise, half greetings and bad hellos on both ports: minions are answered',
    async faults(world) {
      const { cluster, machines, random } = world;
      const { publish_port, ret_port, master_key } = cluster.described();
      fault(world, 'strangers flood');
      const raw = Array.from({ length: 60 }, (_, n) => {
        const socket = connect(n % 2 === 0 ? ret_port : publish_port, '127.0.0.1');
        socket.on('error', () => {});
        socket.write(randomBytes(1 + random.below(8_192)));
        return socket;
      });
      const sockets = await openMinionSockets('127.0.0.1', ret_port, parseMasterKey(master_key).curve, {
        received: () => {},
        published: () => {},
        ended: () => {},
      });
      for (let n = 0; n < 2_000; n++) {
        sockets.send(random.bytes(random.below(400)));
        if (n % 100 === 0) await delay(20);
      }
      for (const { minion } of machines) await pings(world, minion.id);
      sockets.stop();
      for (const socket of raw) socket.destroy();
      await goOn(world, 300, 600);
    },
  },
  {
    name: 'minion-reads-nothing',
    what: 'a minion takes a few bytes a second, while many jobs are for it: its jobs are kept, others are answered',
    pauseMs: 30,
    async faults(world) {
      const [slow, quiet] = world.machines;
      if (!slow || !quiet) return;
      fault(world, `${slow.minion.id} reads almost nothing`);
      slow.link.slow({ bytesPerSecond: 50 });
      await goOn(world, 4_000, 7_000);
      await pings(world, quiet.minion.id);
      slow.link.heal();
      await goOn(world, 500, 1_000);
    },
  },
];
