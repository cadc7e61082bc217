import { setTimeout as pause } from 'node:timers/promises';
import { familyOf, memoryOf } from './process.ts';
import { atMost, report, shown, type Mark } from './report.ts';
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
  await alone.close();

  const site = await openSite({ ownNode: true });
  const swarm = await openSwarm(site, LINKS, 4);
  const minion = site.startMinion('real');
  await site.acceptUntil(LINKS + 1);
  await pause(idleSeconds * 1000);
  look('minion', minion.pid ?? 0, 60);
  look(`master with ${LINKS} minions`, site.master.pid ?? 0, 150);
  await fill(site, swarm);
  await pause(idleSeconds * 1000);
  look(`master with ${LINKS} minions and ${STORED_EVENTS} events`, site.master.pid ?? 0, 150);
  swarm.close();
  await site.close();
  report(`memory (PSS) after ${idleSeconds} s idle, less the memory map of the table`, { marks, notes });
}

async function fill(site: Site, swarm: Swarm): Promise<void> {
  await swarm.fire(STORED_EVENTS / LINKS, { together: true });
  const { events = 0 } = await site.stats('intake');
  if (events !== STORED_EVENTS) throw new Error(`${events} events of ${STORED_EVENTS} are there`);
}
