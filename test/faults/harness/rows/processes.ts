import { failpoints, type Failpoint } from '../../../../lib/failpoint.ts';
import {
  anyMachine,
  deathOf,
  fault,
  fireMany,
  goOn,
  killMaster,
  killMinion,
  masterDiesAt,
  minionDiesAt,
  pause,
  startMaster,
} from '../nemesis.ts';
import type { Row } from '../row.ts';
import type { World } from '../world.ts';

/** Logs are written all the time, and at each start. */
const timeOf = ({ random }: World, point: Failpoint): number => 1 + random.below(point.startsWith('log-') ? 30 : 4);

const atPoint = (who: 'master' | 'minion', point: Failpoint): Row => ({
  name: `${who}-dies-at-${point}`,
  what: `kill -9 of a ${who} at ${point}`,
  async faults(world) {
    await goOn(world, 200, 800);
    await (who === 'master' ? masterDiesAt : minionDiesAt)(world, point, timeOf(world, point));
    await goOn(world, 500, 1_500);
  },
});

/** A machine joins, with its token, while the master dies over its key. */
const overKey = (point: Failpoint): Row => ({
  name: `master-dies-at-${point}`,
  what: `kill -9 of a master at ${point}, which a token is used up with`,
  minions: 1,
  async faults(world) {
    await startMaster(world, { environment: { TSALT_FAIL: `${point}:1:kill9` } });
    const joining = world.join('late');
    await deathOf(world, world.cluster.master, `the master dies at ${point}`);
    await startMaster(world);
    await joining;
    await goOn(world, 500, 1_500);
  },
  async also({ cluster }) {
    const { accepted } = (await cluster.control.call('key.list')) as { accepted: string[] };
    return accepted.includes('late') ? [] : ['the key of late is not accepted'];
  },
});

/** Longer than jobs of the traffic may wait to be taken. */
const MINUTES_MS = 130_000;

export const processRows: readonly Row[] = [
  {
    name: 'master-killed',
    what: 'kill -9 of the master at any moment, again and again',
    async faults(world) {
      for (let n = 0; n < 3; n++) {
        await goOn(world, 100, 1_500);
        await killMaster(world);
      }
      await goOn(world, 300, 1_000);
    },
  },
  {
    name: 'minion-killed',
    what: 'kill -9 of a minion at any moment, again and again',
    async faults(world) {
      for (let n = 0; n < 4; n++) {
        await goOn(world, 100, 1_500);
        await killMinion(world);
      }
      await goOn(world, 300, 1_000);
    },
  },
  {
    name: 'minion-killed-unheard',
    what: 'kill -9 of a minion that nothing was heard of for a while: it is sent again what it has begun',
    async faults(world) {
      for (let n = 0; n < 2; n++) {
        const machine = anyMachine(world);
        await goOn(world, 300, 800);
        fault(world, `what ${machine.minion.id} says does not arrive`);
        machine.link.cut('up');
        // Its note of a job is behind all this when it is heard again.
        await fireMany(machine.minion, 2_000);
        await goOn(world, 2_000, 3_000);
        await killMinion(world, machine);
        machine.link.heal();
        await goOn(world, 1_000, 2_000);
      }
    },
  },
  {
    name: 'all-killed',
    what: 'kill -9 of the master and of minions, in any order',
    minions: 3,
    async faults(world) {
      for (let n = 0; n < 4; n++) {
        await goOn(world, 50, 1_000);
        await (world.random.oneIn(2) ? killMaster(world) : killMinion(world));
      }
      await goOn(world, 300, 1_000);
    },
  },
  ...[...failpoints.master, ...failpoints.log].map((point) => atPoint('master', point)),
  ...[...failpoints.minion, ...failpoints.log].map((point) => atPoint('minion', point)),
  ...failpoints.keys.map(overKey),
  {
    name: 'master-paused',
    what: 'SIGSTOP of the master, for less and for longer than its minions wait',
    async faults(world) {
      await goOn(world, 300, 1_000);
      await pause(world, world.cluster.master, 'the master', world.random.pick([800, 3_000, 19_000]));
      await goOn(world, 500, 1_500);
    },
  },
  {
    name: 'minion-paused',
    what: 'SIGSTOP of a minion, for less and for longer than the master waits',
    async faults(world) {
      await goOn(world, 300, 1_000);
      const { minion } = anyMachine(world);
      await pause(world, minion, minion.id, world.random.pick([800, 3_000, 19_000]));
      await goOn(world, 500, 1_500);
    },
  },
  {
    name: 'minion-paused-for-minutes',
    what: 'SIGSTOP of a minion, until its sessions and jobs that were given meanwhile have run out',
    async faults(world) {
      await goOn(world, 300, 1_000);
      const { minion } = anyMachine(world);
      await pause(world, minion, minion.id, MINUTES_MS);
      await goOn(world, 500, 1_500);
    },
  },
  {
    name: 'all-paused-for-minutes',
    what: 'SIGSTOP of the master, and of a minion for a part of it, and for longer',
    async faults(world) {
      await goOn(world, 300, 1_000);
      const { minion } = anyMachine(world);
      const master = pause(world, world.cluster.master, 'the master', MINUTES_MS / 2);
      await goOn(world, 0, 20_000);
      await Promise.all([master, pause(world, minion, minion.id, MINUTES_MS / 2)]);
      await goOn(world, 500, 1_500);
    },
  },
];
