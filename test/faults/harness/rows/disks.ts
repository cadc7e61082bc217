import { setTimeout as delay } from 'node:timers/promises';
import { holdLog, straceIsInstalled, withSync } from '../../../kit/slow-disk.ts';
import { smallDisk } from '../../../kit/small-disk.ts';
import { anyMachine, fault, goOn, startMaster } from '../nemesis.ts';
import type { Row } from '../row.ts';
import type { World } from '../world.ts';

const notRoot = (): string | undefined => (process.getuid?.() === 0 ? undefined : 'only root mounts disks');
const noStrace = (): string | undefined => (straceIsInstalled() ? undefined : 'strace is not installed');

const full = (who: 'master' | 'minion', megabytes: number): Row => ({
  name: `${who}-disk-full`,
  what: `the disk of ${who === 'master' ? 'the master' : 'all minions'} is full, and later has space again`,
  missing: notRoot,
  // Of one disk there is one minion.
  minions: who === 'master' ? 2 : 1,
  pauseMs: 30,
  prepare(atEnd) {
    const disk = smallDisk({ teardown: atEnd }, megabytes);
    return { world: { [who]: { cachedir: disk.directory } }, disk };
  },
  async faults(world, disk) {
    await goOn(world, 500, 1_500);
    for (let n = 0; n < 2; n++) {
      fault(world, 'the disk is full');
      disk?.fill();
      await goOn(world, 1_000, 3_000);
      disk?.free();
      fault(world, 'the disk has space');
      await goOn(world, 300, 1_000);
    }
  },
});

async function failingSync(world: World, who: 'master' | 'minion', what: string): Promise<void> {
  fault(world, `${who}: ${what}`);
  const how = { around: withSync(what) };
  if (who === 'master') return void (await startMaster(world, how));
  const { minion } = anyMachine(world);
  await minion.kill9();
  minion.start(how);
}

const syncFails = (who: 'master' | 'minion'): Row => ({
  name: `${who}-fsync-fails`,
  what: `fdatasync of a ${who} fails, some times in a row`,
  missing: noStrace,
  async faults(world) {
    await goOn(world, 300, 800);
    const first = 5 + world.random.below(20);
    await failingSync(world, who, `error=EIO:when=${first}..${first + world.random.below(4)}`);
    await goOn(world, 4_000, 6_000);
    // What it has in memory and not on disk shows now.
    if (who === 'master') await startMaster(world);
  },
});

export const diskRows: readonly Row[] = [
  full('master', 24),
  full('minion', 4),
  syncFails('master'),
  syncFails('minion'),
  {
    name: 'master-disk-slow',
    what: 'every fdatasync of the master takes 300 ms, and it is killed meanwhile',
    missing: noStrace,
    pauseMs: 25,
    async faults(world) {
      for (let n = 0; n < 3; n++) {
        await failingSync(world, 'master', 'delay_enter=300000');
        await goOn(world, 2_000, 3_500);
        fault(world, 'the master is killed');
        await startMaster(world);
        await delay(300);
      }
    },
  },
  {
    name: 'master-disk-stuck',
    what: 'nothing gets into the log of the master for a while, and it is killed meanwhile',
    missing: noStrace,
    async faults(world) {
      const { master } = world.cluster;
      for (let n = 0; n < 2; n++) {
        await goOn(world, 300, 800);
        fault(world, "nothing gets into the master's log");
        const letGo = await holdLog(master);
        await goOn(world, 2_000, 3_000);
        fault(world, 'the master is killed');
        await Promise.all([master.kill9(), letGo()]);
        await startMaster(world);
      }
      await goOn(world, 500, 1_500);
    },
  },
];
