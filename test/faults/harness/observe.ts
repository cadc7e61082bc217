import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../lib/errors/error.ts';
import { asText, isMap, type Json, type JsonMap } from '../../../lib/json.ts';
import type { SeenEvent } from '../../kit/cluster.ts';
import type { Daemon } from '../../kit/daemon.ts';
import { patienceMs } from '../../kit/eventually.ts';
import type { Bound, Growth, Mark, Observed, ObservedJob } from './checkers.ts';
import { PUBLISHING, type World } from './world.ts';

/** How long a cluster with no fault left in it may take until nothing is under way, in ms. */
const REST_MS = 2 * patienceMs;

/** How long a connected minion may take to take a job and to end it, in ms. */
const TAKE_MS = 40_000;

interface Size {
  readonly process: string;
  readonly pid: number;
  readonly memory: number;
  readonly descriptors: number;
}

/** What the processes have that run now. */
export function sizesOf({ cluster, machines }: World): Size[] {
  const daemons: readonly (readonly [string, Daemon])[] = [
    ['master', cluster.master],
    ...machines.map(({ minion }) => [minion.id, minion] as const),
  ];
  return daemons.flatMap(([process, daemon]) => {
    const pid = daemon.pid();
    if (!daemon.isRunning() || !existsSync(`/proc/${pid}/status`)) return [];
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return [{ process, pid, memory: Number(kilobytes) * 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length }];
  });
}

/** What was looked at before it came to rest. */
export interface Earlier {
  /** Sizes of before the faults. */
  readonly sizes: readonly Size[];
  /** Of the queues, to be stopped when all has come to rest. */
  readonly queues: { stop(): Promise<Bound[]> };
}

/** Waits until nothing is under way, and looks at everything there is. */
export async function observe(world: World, { sizes, queues }: Earlier): Promise<Observed> {
  const restless = await rest(world, performance.now() + REST_MS);
  const bounds = await queues.stop();
  const { events, jobs } = await settled(world);
  const load = events.filter(({ tag }) => tag.startsWith('load/')).map(({ data }) => opOf(data));
  return {
    jobs,
    returns: events.flatMap(({ tag }) => {
      const [, jid, id] = /^salt\/job\/(\d+)\/ret\/(.+)$/.exec(tag) ?? [];
      return jid === undefined ? [] : [`${jid} ${id}`];
    }),
    marks: marksOf(world),
    events: load,
    reacted: linesOf(world.noted).map(Number),
    publishing: load.filter((op) => op % PUBLISHING === 0),
    bounds,
    growth: growthOf(sizes, sizesOf(world)),
    leaks: leaksOf(world, events),
    restless,
  };
}

const asMap = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const opOf = (data: JsonMap): number => Number((isMap(data['data']) ? asMap(data['data']) : data)['op']);
const linesOf = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];

/** What is still under way when the time is over, which it is at `late`. */
async function rest(world: World, late: number): Promise<string[]> {
  for (;;) {
    const found = await underWay(world).catch((cause: unknown) => [messageOf(cause)]);
    if (found.length === 0 || performance.now() > late) return found;
    await delay(200);
  }
}

async function underWay({ cluster, machines }: World): Promise<string[]> {
  const up = (await cluster.run('manage.up')) as string[];
  const found = machines.filter(({ minion }) => !up.includes(minion.id)).map(({ minion }) => `${minion.id} is away`);
  for (const { minion } of machines) {
    const { waiting, jobs } = await minion.status();
    if (waiting !== 0) found.push(`${asText(waiting)} items wait at ${minion.id}`);
    if (Array.isArray(jobs) && jobs.length > 0) found.push(`${jobs.length} jobs run at ${minion.id}`);
  }
  for (const one of (await cluster.run('reactor.list')) as JsonMap[]) {
    const { open, lag } = asMap(one['counters']);
    if (open !== 0 || lag !== 0) found.push(`a reactor has ${asText(open)} events open and ${asText(lag)} before it`);
  }
  const unfinished = Object.entries(asMap(await cluster.run('jobs.active')));
  // One that nobody has any more may be queued until it expires.
  const active = unfinished.flatMap(([jid, job]) => (asText(asMap(job)['Running']) === '[]' ? [] : [jid]));
  if (active.length > 0) found.push(`jobs ${active.join(', ')} are active`);
  return found;
}

/** The events, and the jobs in them. One that a minion has just come for is under way although nothing was, a moment before. */
async function settled(world: World): Promise<{ events: readonly SeenEvent[]; jobs: ObservedJob[] }> {
  for (const late = performance.now() + TAKE_MS; ; await delay(500)) {
    const events = await world.cluster.events();
    const jobs = await jobsOf(world, events);
    const open = jobs.some(({ pairs }) =>
      pairs.some(({ state }) => ['queued', 'delivered', 'running'].includes(state)),
    );
    if (!open || performance.now() > late) return { events, jobs };
    await rest(world, late);
  }
}

async function jobsOf({ cluster }: World, events: readonly SeenEvent[]): Promise<ObservedJob[]> {
  const news = events.filter(({ tag }) => /^salt\/job\/\d+\/new$/.test(tag));
  const successes = new Map(events.map(({ tag, data }) => [tag, data['success']]));
  return Promise.all(
    news.map(async ({ data }): Promise<ObservedJob> => {
      const jid = asText(data['jid']);
      const [, made, op] = /\b([jr])(\d+)\b/.exec(JSON.stringify(data['arg'])) ?? [];
      const ids = (data['minions'] as string[]) ?? [];
      const pairs = ids.map(async (id) => {
        const state = asText(asMap(await cluster.run('jobs.why', jid, id))['State']);
        const success = successes.get(`salt/job/${jid}/ret/${id}`);
        return { id, state, ...(typeof success === 'boolean' && { success }) };
      });
      return {
        jid,
        reaction: made === 'r',
        ...(op !== undefined && { op: Number(op) }),
        pairs: await Promise.all(pairs),
      };
    }),
  );
}

function marksOf({ machines, clones }: World): Mark[] {
  return [...machines.map(({ minion }) => minion), ...clones].flatMap(({ id, root, directory }) =>
    linesOf(path.join(root, 'ran')).map((line) => {
      return {
        machine: `${id} (${path.basename(directory)})`,
        id,
        op: Number(line.slice(1)),
        reaction: line.startsWith('r'),
      };
    }),
  );
}

/** Of processes that were there before: one that was killed begins anew. */
function growthOf(before: readonly Size[], after: readonly Size[]): Growth[] {
  return after.flatMap(({ process, pid, ...last }) => {
    const first = before.find((one) => one.pid === pid);
    if (!first) return [];
    return (['memory', 'descriptors'] as const).map((what) => ({
      process,
      what,
      first: first[what],
      last: last[what],
    }));
  });
}

function leaksOf({ cluster, machines, secrets }: World, events: readonly SeenEvent[]): string[] {
  const outputs: readonly (readonly [string, string])[] = [
    ["the master's log", cluster.master.log()],
    ...machines.map(({ minion }) => [`the log of ${minion.id}`, minion.log()] as const),
    ['the events', JSON.stringify(events)],
  ];
  return outputs.flatMap(([where, text]) => (secrets.some((secret) => text.includes(secret)) ? [where] : []));
}
