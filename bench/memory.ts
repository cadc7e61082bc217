import { setTimeout as pause } from 'node:timers/promises';
import { familyOf, memoryOf, memoryOfFamily } from './process.ts';
import { atMost, besides, report, shown, type Mark } from './report.ts';
import { besideSalt } from './salt-cluster.ts';
import { openSite, type Site } from './site.ts';
import { openSwarm, type Swarm } from './swarm.ts';

const LINKS = 100;
const STORED_EVENTS = 100_000;
const idleSeconds = Number(process.env.TSALT_BENCH_IDLE_SECONDS ?? 60);

/**
 * Memory of master and minion after a minute in which nothing happens (`TSALT_BENCH_IDLE_SECONDS` for another time). Each runs
 * a copy of Node of its own: the share of Node's code would else depend on how many other Nodes run here.
 */
export async function memory(): Promise<void> {
  const marks: Mark[] = [];
  const notes: string[] = [];
  const look = (what: string, pid: number, most: number): void => {
    const { own, map } = memoryOf(pid);
    marks.push(atMost(what, own, most, 'MiB'));
    const others = familyOf(pid).slice(1);
    const rest = others.map((child) => shown(memoryOf(child).own)).join(' + ');
    notes.push(
      `${what}: memory map of its table ${shown(map)} MiB${rest === '' ? '' : `; child processes ${rest} MiB`}`,
    );
  };

  const alone = await openSite({ ownNode: true });
  await pause(idleSeconds * 1000);
  look('master without minions', alone.master.pid ?? 0, 100);
  const ourMaster = memoryOfFamily(alone.master.pid ?? 0);
  await alone.close();

  const site = await openSite({ ownNode: true });
  const swarm = await openSwarm(site, LINKS, 4);
  const minion = site.startMinion('real');
  await site.acceptUntil(LINKS + 1);
  await pause(idleSeconds * 1000);
  look('minion', minion.pid ?? 0, 60);
  const ourMinion = memoryOfFamily(minion.pid ?? 0);
  look(`master with ${LINKS} minions`, site.master.pid ?? 0, 150);
  await fill(site, swarm);
  await pause(idleSeconds * 1000);
  look(`master with ${LINKS} minions and ${STORED_EVENTS} events`, site.master.pid ?? 0, 150);
  swarm.close();
  await site.close();
  const salt = await besideSalt({ minions: 1 }, async (it) => {
    await pause(idleSeconds * 1000);
    return { master: memoryOfFamily(it.master.pid ?? 0), minion: memoryOfFamily(it.minions[0]?.pid ?? 0) };
  });
  notes.push(
    ...besides('master, all its processes', ourMaster.pss, salt?.master.pss, 'MiB'),
    ...besides('minion, all its processes', ourMinion.pss, salt?.minion.pss, 'MiB'),
  );
  for (const [what, own] of Object.entries(salt ?? {}))
    notes.push(`salt's ${what}: ${own.processes} processes, RSS ${shown(own.rss)} MiB in sum`);
  report(`memory (PSS) after ${idleSeconds} s idle, less the memory map of the table`, { marks, notes });
}

async function fill(site: Site, swarm: Swarm): Promise<void> {
  await swarm.fire(STORED_EVENTS / LINKS, { together: true });
  const { events = 0 } = await site.stats('intake');
  if (events !== STORED_EVENTS) throw new Error(`${events} events of ${STORED_EVENTS} are there`);
}
