import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMap, type JsonMap } from '../lib/json.ts';
import { quantile } from './measure.ts';
import { cpuOf } from './process.ts';
import { atLeast, atMost, besides, report, shown } from './report.ts';
import { besideSalt, PATIENCE_SECONDS, type SaltEvents } from './salt-cluster.ts';
import { hear, openSite, sharedNow, until } from './site.ts';
import { openSwarm } from './swarm.ts';

const EVENTS = 20_000;
const REACTIONS = 10_000;
const LINKS = 20;
const SINGLE = 300;
const STEADY_PER_SECOND = 1000;
const STEADY_SECONDS = 10;
/** Before: the master's code is compiled in them. */
const FIRST_SECONDS = 3;
const WITH_JOBS = 300;
/** Salt is given fewer where it would take minutes for as many, and a steady stream that it keeps up with. */
const OF_SALT = { events: 2000, together: 10_000, requests: 100, reactions: 1000, perSecond: 30 };

/** Events from minions to the master's disk, to reactions, and to jobs that reactions publish. */
export async function events(): Promise<void> {
  await durable(false, 5000);
  await durable(true, 20_000);
  await reactions();
  await steady();
  await withJobs();
  await latency();
}

/** Config with a YAML reactor for the events that a swarm fires. */
function reactingBy(text: string) {
  return (directory: string): JsonMap => {
    const reactor = path.join(directory, 'reactor.sls');
    writeFileSync(reactor, text);
    return { reactor: [{ 'bench/fired': [reactor] }] };
  };
}

const asking = 'ask:\n  local.test.ping:\n    - tgt: real-0\n';
const answering =
  'answer:\n  runner.event.send:\n    - args:\n      - tag: bench/done\n      - data:\n          at: {{data.data.at}}\n';

/** What became of Salt's, where it ran: how many of those fired came to the end of their way. */
function kept(salt: SaltEvents | undefined, end: string): string[] {
  if (!salt) return [];
  const missing = salt.gave_up ? `not in ${PATIENCE_SECONDS} s` : 'lost';
  return [`salt: ${salt.fired} fired, ${salt.heard} ${end}, ${salt.fired - salt.heard} ${missing}`];
}

const perSecondOf = (salt: SaltEvents | undefined): number | undefined => salt && salt.heard / (salt.ms / 1000);

/**
 * Fired at once by twenty minions, twice: to a master just started, and to one that runs. Each is durable before it is
 * acknowledged. Salt's go to its bus, which keeps nothing.
 */
async function durable(together: boolean, least: number): Promise<void> {
  const site = await openSite();
  const swarm = await openSwarm(site, LINKS);
  const counts = async () => {
    const { events: taken = NaN } = await site.stats('intake');
    const { commits = NaN } = await site.stats('store');
    const { frames = NaN } = await site.stats('wire');
    return { taken, commits, frames, cpu: cpuOf(site.master.pid ?? 0) };
  };
  const flood = async () => {
    const before = await counts();
    const started = performance.now();
    await swarm.fire(EVENTS / LINKS, { together });
    const perSecond = EVENTS / ((performance.now() - started) / 1000);
    const after = await counts();
    if (after.taken - before.taken !== EVENTS) throw new Error(`${after.taken - before.taken} events of ${EVENTS}`);
    return {
      perSecond,
      cpu: after.cpu - before.cpu,
      commits: after.commits - before.commits,
      frames: after.frames - before.frames,
    };
  };
  const first = await flood();
  const { perSecond, cpu, commits, frames } = await flood();
  swarm.close();
  await site.close();
  const [fired, requests] = together ? [OF_SALT.together, OF_SALT.requests] : [OF_SALT.events, 1];
  const salt = await besideSalt({}, (it) =>
    it.events({ links: LINKS, each: fired / LINKS, together: requests, hear: 'bench/fired' }),
  );
  report(`${EVENTS} events of ${LINKS} minions at once, ${together ? 'many in a message' : 'one a message'}`, {
    marks: [atLeast('durable and acknowledged', perSecond, least, 'a second')],
    notes: [
      `of a master just started, whose code is not compiled yet: ${shown(first.perSecond)} a second`,
      `the master: ${shown((cpu * 1000) / EVENTS)} ms of CPU an event, ${commits} commits, ${frames} frames; none lost`,
      ...besides('heard on the bus', perSecond, perSecondOf(salt), 'a second'),
      ...kept(salt, 'heard by a listener (on no disk)'),
    ],
  });
}

/** As many as are fired at once, each with a reaction that calls a runner: by a master just started, and by one that runs. */
async function reactions(): Promise<void> {
  const site = await openSite({ config: reactingBy('seen:\n  runner.instances.list: []\n') });
  const swarm = await openSwarm(site, LINKS);
  const ran = async (): Promise<number> => {
    const list = (await site.control.call('run', { fun: 'reactor.list' })) as unknown as {
      counters: { ran: number };
    }[];
    return list[0]?.counters.ran ?? 0;
  };
  const flood = async () => {
    const before = await ran();
    const cpuBefore = cpuOf(site.master.pid ?? 0);
    const started = performance.now();
    await swarm.fire(REACTIONS / LINKS);
    const acknowledged = performance.now() - started;
    await until('every event has its reaction', async () => (await ran()) >= before + REACTIONS);
    const reacted = performance.now() - started;
    return { acknowledged, reacted, cpu: cpuOf(site.master.pid ?? 0) - cpuBefore };
  };
  const first = await flood();
  const { acknowledged, reacted, cpu } = await flood();
  swarm.close();
  await site.close();
  const salt = await besideSalt({ reactor: 'seen:\n  runner.test.arg: []\n' }, (it) =>
    it.events({ links: LINKS, each: OF_SALT.reactions / LINKS, hear: 'salt/run/*/ret' }),
  );
  const perSecond = REACTIONS / (reacted / 1000);
  report(
    `${REACTIONS} events of ${LINKS} minions at once, one a message, each with a reaction (YAML reactor, runner)`,
    {
      marks: [atLeast('reactions done', perSecond, 3000, 'a second')],
      notes: [
        `all acknowledged after ${shown(acknowledged)} ms, all reactions after ${shown(reacted)} ms; none lost`,
        `of a master just started, whose code is not compiled yet: ${shown(REACTIONS / (first.reacted / 1000))} a second`,
        `the master's main process: ${shown((cpu * 1000) / REACTIONS)} ms of CPU an event, just started ${shown((first.cpu * 1000) / REACTIONS)} ms`,
        ...besides('reactions done', perSecond, perSecondOf(salt), 'a second'),
        ...kept(salt, 'reactions done'),
      ],
    },
  );
}

/** A steady stream: how long each takes from its minion to the event that its reaction fires, once the master's code is compiled. */
async function steady(): Promise<void> {
  const site = await openSite({ config: reactingBy(answering) });
  const swarm = await openSwarm(site, LINKS);
  let lags: number[] = [];
  const deaf = await hear(site, 'bench/done', ({ at }) => void lags.push(sharedNow() - Number(at)));
  const stream = async (seconds: number): Promise<readonly number[]> => {
    lags = [];
    await swarm.stream(STEADY_PER_SECOND, seconds);
    await until('every event has its reaction', () => lags.length === STEADY_PER_SECOND * seconds);
    return lags;
  };
  const first = await stream(FIRST_SECONDS);
  const steadily = await stream(STEADY_SECONDS);
  deaf();
  swarm.close();
  await site.close();
  const salt = await besideSalt({ reactor: answering }, (it) =>
    it.events({
      links: LINKS,
      each: (OF_SALT.perSecond * STEADY_SECONDS) / LINKS,
      per_second: OF_SALT.perSecond,
      hear: 'bench/done',
    }),
  );
  report(`${STEADY_PER_SECOND} events a second for ${STEADY_SECONDS} s, each with a reaction that fires an event`, {
    marks: [atMost('from the minion to the reaction done, 99 of 100', quantile(steadily, 0.99), 50, 'ms')],
    notes: [
      `median ${shown(quantile(steadily, 0.5))} ms, slowest ${shown(Math.max(...steadily))} ms; none lost`,
      `in the ${FIRST_SECONDS} s before, of a master just started: ${middleAndSlowest(first)}`,
      ...(salt ? [`salt, of ${OF_SALT.perSecond} a second: ${middleAndSlowest(salt.lags)}`] : []),
      ...kept(salt, 'reactions done'),
    ],
  });
}

function middleAndSlowest(lags: readonly number[]): string {
  return `median ${shown(quantile(lags, 0.5))} ms, 99 of 100 ${shown(quantile(lags, 0.99))} ms`;
}

/** Events that each lead to a job on a minion process, until its return is on the master's disk. */
async function withJobs(): Promise<void> {
  const site = await openSite({ config: reactingBy(asking) });
  const swarm = await openSwarm(site, 1, 1);
  site.startMinion('real-0');
  await site.acceptUntil(2);
  let returned = 0;
  const deaf = await hear(site, 'salt/job/*/ret/real-0', () => void returned++);
  const started = performance.now();
  await swarm.fire(WITH_JOBS);
  await until('every job has returned', () => returned === WITH_JOBS);
  const took = performance.now() - started;
  deaf();
  swarm.close();
  await site.close();
  // In threads of one minion it does so many at once that most of their returns are late, and lost.
  const salt = await besideSalt({ minions: 1, reactor: asking, multiprocessing: true }, (it) =>
    it.events({ links: 1, each: WITH_JOBS, hear: 'salt/job/*/ret/real-0', quiet: PATIENCE_SECONDS }),
  );
  report(`${WITH_JOBS} events at once, each a job on a minion process`, {
    marks: [atMost('until all have returned', took, 3000, 'ms')],
    notes: [
      ...besides('until the last that returned', took, salt?.heard === WITH_JOBS ? salt.ms : undefined, 'ms'),
      ...kept(salt, 'jobs returned'),
    ],
  });
}

/** One event by itself, from a minion's link to the event that its reaction fires: two commits to disk lie between. */
async function latency(): Promise<void> {
  const site = await openSite({ config: reactingBy(answering) });
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
  for (const end of deaf) end();
  swarm.close();
  await site.close();
  const salt = await besideSalt({ reactor: answering }, (it) =>
    it.events({ links: 1, each: SINGLE, alone: true, hear: 'bench/done' }),
  );
  const counted = reacted.slice(20);
  const ofSalt = salt?.lags.slice(20);
  report('one event to its reaction done (YAML reactor that fires an event)', {
    marks: [atMost('median', quantile(counted, 0.5), 5, 'ms'), atMost('99 of 100', quantile(counted, 0.99), 5, 'ms')],
    notes: [
      `the event itself on disk and heard by a listener: ${shown(quantile(arrived.slice(20), 0.5))} ms, 99 of 100 ${shown(quantile(arrived.slice(20), 0.99))} ms`,
      ...besides('median', quantile(counted, 0.5), ofSalt && quantile(ofSalt, 0.5), 'ms'),
      ...besides('99 of 100', quantile(counted, 0.99), ofSalt && quantile(ofSalt, 0.99), 'ms'),
      ...kept(salt, 'reactions done'),
    ],
  });
}
