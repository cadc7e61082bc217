import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMap } from '../lib/json.ts';
import { quantile } from './measure.ts';
import { cpuOf } from './process.ts';
import { atLeast, atMost, report, shown } from './report.ts';
import { hear, openSite, sharedNow, until } from './site.ts';
import { openSwarm } from './swarm.ts';

const EVENTS = 10_000;
const LINKS = 20;
const SINGLE = 300;

/** Events from minions to reactions: many at once, and one alone. */
export async function events(): Promise<void> {
  await throughput();
  await latency();
}

/** 10,000 fired at once by 20 minions, one event a message; each durable before it is acknowledged, each with its reaction. */
async function throughput(): Promise<void> {
  const site = await openSite({
    config(directory) {
      const reactor = path.join(directory, 'seen.sls');
      writeFileSync(reactor, 'seen:\n  runner.instances.list: []\n');
      return { reactor: [{ 'bench/fired': [reactor] }] };
    },
  });
  const swarm = await openSwarm(site, LINKS);
  const cpuBefore = cpuOf(site.master.pid ?? 0);
  const started = performance.now();
  await swarm.fire(EVENTS / LINKS);
  const acknowledged = performance.now() - started;
  await until('every event has its reaction', async () => (await reactions(site)) >= EVENTS);
  const reacted = performance.now() - started;
  const { events: taken = 0 } = await site.stats('intake');
  const ran = await reactions(site);
  if (taken !== EVENTS || ran !== EVENTS) throw new Error(`${taken} events and ${ran} reactions of ${EVENTS}`);
  const cpu = cpuOf(site.master.pid ?? 0) - cpuBefore;
  const store = await site.stats('store');
  report(`${EVENTS} events of ${LINKS} minions at once, one a message, each with a reaction (YAML reactor, runner)`, {
    marks: [
      atLeast('events durable and acknowledged', EVENTS / (acknowledged / 1000), 2000, 'a second'),
      atLeast('reactions done', EVENTS / (reacted / 1000), 2000, 'a second'),
    ],
    notes: [
      `all acknowledged after ${shown(acknowledged)} ms, all reactions after ${shown(reacted)} ms; none lost`,
      `the master's main process: ${shown((cpu * 1000) / EVENTS)} ms of CPU an event`,
      `store: ${JSON.stringify(store)}`,
    ],
  });
  swarm.close();
  await site.close();

  async function reactions(of: typeof site): Promise<number> {
    const list = (await of.control.call('run', { fun: 'reactor.list' })) as unknown as { counters: { ran: number } }[];
    return list[0]?.counters.ran ?? 0;
  }
}

/** One event by itself, from a minion's link to the event that its reaction fires: two commits to disk lie between. */
async function latency(): Promise<void> {
  const site = await openSite({
    config(directory) {
      const reactor = path.join(directory, 'answer.sls');
      const answer =
        'answer:\n  runner.event.send:\n    - args:\n      - tag: bench/done\n      - data:\n          at: {{data.data.at}}\n';
      writeFileSync(reactor, answer);
      return { reactor: [{ 'bench/fired': [reactor] }] };
    },
  });
  const swarm = await openSwarm(site, 1, 1);
  const arrived: number[] = [];
  const reacted: number[] = [];
  const deaf = [
    await hear(site, 'bench/fired', ({ data }) => void (isMap(data) && arrived.push(sharedNow() - Number(data.at)))),
    await hear(site, 'bench/done', ({ at }) => void reacted.push(sharedNow() - Number(at))),
  ];
  for (let index = 0; index < SINGLE; index++) {
    swarm.fireOne();
    await until('the reaction is done', () => reacted.length > index);
    await pause(2);
  }
  const counted = reacted.slice(20);
  report('one event to its reaction done (YAML reactor that fires an event)', {
    marks: [atMost('median', quantile(counted, 0.5), 5, 'ms'), atMost('99 of 100', quantile(counted, 0.99), 5, 'ms')],
    notes: [
      `the event itself on disk and heard by a listener: ${shown(quantile(arrived.slice(20), 0.5))} ms, 99 of 100 ${shown(quantile(arrived.slice(20), 0.99))} ms`,
    ],
  });
  for (const end of deaf) end();
  swarm.close();
  await site.close();
}
