import { operationsOf, type Entry, type Operation, type OperationKind } from './history.ts';

/** What there was when everything had come to rest. */
export interface Observed {
  /** Every job in the master's log, and where it is at each of its minions. */
  readonly jobs: readonly ObservedJob[];
  /** `<jid> <id>` of every event that holds a return. */
  readonly returns: readonly string[];
  /** Lines that jobs left: on which machine, of which operation, whether a reaction to it made the job. */
  readonly marks: readonly Mark[];
  /** Operations whose event is in the master's log, as often as it is there. */
  readonly events: readonly number[];
  /** Operations whose event a reactor was given, as often as it was. */
  readonly reacted: readonly number[];
  /** Operations that the reactor makes a job of. */
  readonly publishing: readonly number[];
  /** Figures that have a bound. */
  readonly bounds: readonly Bound[];
  /** What a process had at the beginning and at the end. */
  readonly growth: readonly Growth[];
  /** Where something secret was found. */
  readonly leaks: readonly string[];
  /** What never came to rest. */
  readonly restless: readonly string[];
}

export interface ObservedJob {
  readonly jid: string;
  /** The operation that it is, or that a reaction made it for. */
  readonly op?: number;
  readonly reaction: boolean;
  readonly pairs: readonly { readonly id: string; readonly state: string; readonly success?: boolean }[];
}
export interface Mark {
  readonly machine: string;
  readonly id: string;
  readonly op: number;
  readonly reaction: boolean;
}
export interface Bound {
  readonly what: string;
  readonly value: number;
  readonly most: number;
}
export interface Growth {
  readonly process: string;
  readonly what: 'memory' | 'descriptors';
  readonly first: number;
  readonly last: number;
}

export type Checker = (history: readonly Entry[], observed: Observed) => string[];

const isEvent = (kind: OperationKind): boolean => kind === 'event' || kind === 'own';

function counted<T>(all: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

const saying = (operations: readonly Operation[], what: string): string[] =>
  operations.map(({ op, kind, ids }) => `operation ${op} (${kind} ${ids.join(',')}) ${what}`);

/** P-a: what was acknowledged is there. */
export const noLostAcknowledgement: Checker = (history, { jobs, events }) => {
  const jids = new Set(jobs.map(({ jid }) => jid));
  const seen = new Set(events);
  const acknowledged = operationsOf(history).filter(({ end }) => end === 'ok');
  const lost = acknowledged.filter(({ op, kind, jid }) => (isEvent(kind) ? !seen.has(op) : !jids.has(jid ?? '')));
  return saying(lost, 'was acknowledged, and is gone');
};

/** What was refused has not happened. */
export const nothingRefusedHappened: Checker = (history, { jobs, events }) => {
  const there = new Set([...events, ...jobs.flatMap(({ op }) => op ?? [])]);
  const refused = operationsOf(history).filter(({ end, op }) => end === 'fail' && there.has(op));
  return saying(refused, 'was refused, and happened');
};

/** P-b: no job runs twice on a machine; of an event that came twice there are two. */
export const atMostOneRun: Checker = (_, { marks, events }) => {
  const seen = counted(events);
  const runs = counted(marks.map(({ op, machine, reaction }) => JSON.stringify([op, machine, reaction])));
  return [...runs].flatMap(([run, times]) => {
    const [op, machine, reaction] = JSON.parse(run) as [number, string, boolean];
    const most = reaction ? (seen.get(op) ?? 0) : 1;
    return times > most
      ? [`${reaction ? 'the job for event' : 'operation'} ${op} on ${machine} ran ${times} times`]
      : [];
  });
};

/** What returned as done was done. */
export const doneMeansDone: Checker = (_, { jobs, marks }) => {
  const ran = new Set(marks.map(({ id, op, reaction }) => `${op} ${reaction} ${id}`));
  return jobs.flatMap(({ jid, op, reaction, pairs }) =>
    pairs
      .filter(({ id, success }) => op !== undefined && success === true && !ran.has(`${op} ${reaction} ${id}`))
      .map(({ id }) => `job ${jid} (operation ${op}) returned from ${id} as done, and never ran there`),
  );
};

/** P-c: every job is over, everywhere. */
export const everyJobEnds: Checker = (_, { jobs }) =>
  jobs.flatMap(({ jid, pairs }) =>
    pairs
      .filter(({ state }) => !['returned', 'expired', 'lost'].includes(state))
      .map(({ id, state }) => `job ${jid} is ${state} at ${id}`),
  );

/** P-d: a return is there once, and of each pair that has returned. */
export const returnsOnce: Checker = (_, { jobs, returns }) => {
  const counts = counted(returns);
  const twice = [...counts]
    .filter(([, times]) => times > 1)
    .map(([pair, times]) => `return ${pair} is there ${times} times`);
  const wrong = jobs.flatMap(({ jid, pairs }) =>
    pairs
      .filter(({ id, state }) => (state === 'returned') !== counts.has(`${jid} ${id}`))
      .map(({ id, state }) => `job ${jid} is ${state} at ${id}, with ${counts.get(`${jid} ${id}`) ?? 0} returns`),
  );
  return [...twice, ...wrong];
};

/** An event of the log comes from one operation, once. */
export const eventsOnce: Checker = (_, { events }) =>
  [...counted(events)].filter(([, times]) => times > 1).map(([op, times]) => `event ${op} is there ${times} times`);

/** P-e: every event of the log came to the reactor, and led to its job where it should. */
export const everyEventReacted: Checker = (_, { events, reacted, publishing, jobs }) => {
  const given = new Set(reacted);
  const missed = [...new Set(events)].filter((op) => !given.has(op)).map((op) => `event ${op} came to no reactor`);
  const wanted = new Set(publishing.filter((op) => events.includes(op)));
  const made = jobs.flatMap(({ op, reaction }) => (reaction ? (op ?? []) : []));
  const without = [...wanted].filter((op) => !made.includes(op)).map((op) => `event ${op} led to no job`);
  const twice = [...counted(made)]
    .filter(([op, times]) => times > events.filter((one) => one === op).length)
    .map(([op, times]) => `event ${op} led to ${times} jobs`);
  return [...missed, ...without, ...twice];
};

/** Every queue keeps to its bound. */
export const queuesBounded: Checker = (_, { bounds }) =>
  bounds
    .filter(({ value, most }) => !(value <= most))
    .map(({ what, value, most }) => `${what} is ${value}, above ${most}`);

const MiB = 1 << 20;

/** Memory and descriptors at rest are near what they were at the beginning. */
export const flat: Checker = (_, { growth }) =>
  growth
    .filter(({ what, first, last }) => last > (what === 'memory' ? first * 1.5 + 96 * MiB : first + 24))
    .map(({ process, what, first, last }) => `${what} of the ${process} went from ${first} to ${last}`);

export const noLeaks: Checker = (_, { leaks }) => leaks.map((where) => `something secret is in ${where}`);

export const comesToRest: Checker = (_, { restless }) => [...restless];

/** All of them by name. */
export const checkers = {
  noLostAcknowledgement,
  nothingRefusedHappened,
  atMostOneRun,
  doneMeansDone,
  everyJobEnds,
  returnsOnce,
  eventsOnce,
  everyEventReacted,
  queuesBounded,
  flat,
  noLeaks,
  comesToRest,
} satisfies Readonly<Record<string, Checker>>;

export type CheckerName = keyof typeof checkers;

/** What is wrong, each with the name of its checker before it; `forgiven` checkers are not asked. */
export function check(
  history: readonly Entry[],
  observed: Observed,
  forgiven: ReadonlySet<CheckerName> = new Set(),
): string[] {
  return Object.entries(checkers).flatMap(([name, checker]) =>
    forgiven.has(name as CheckerName) ? [] : checker(history, observed).map((wrong) => `${name}: ${wrong}`),
  );
}
