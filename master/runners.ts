import type { Clock } from '../lib/clock.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { runnerErrors } from '../lib/errors/runners.ts';
import { asText, type Json, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import type { EventBus } from './bus.ts';
import type { MinionFacts } from './facts.ts';
import type { Instances } from './instances.ts';
import type { Away } from './job-listing.ts';
import { jobRunners } from './job-runners.ts';
import type { Jobs } from './jobs.ts';
import type { Keys } from './keys.ts';
import { manageRunners } from './manage-runners.ts';
import type { Orchestrations } from './orchestrate/orchestrations.ts';
import { orchestrationRunners } from './orchestrate/runners.ts';
import type { Caller } from './orchestrate/steps.ts';
import type { Publisher } from './publisher.ts';
import type { ReactorEngine } from './reactor/engine.ts';

/** A function of the master itself. Named arguments win over positional ones of the same place. */
export interface Runner {
  readonly summary: string;
  /** Names of its arguments, in the order they may be given by place. */
  readonly takes: readonly string[];
  /** How many of them it can't do without. */
  readonly needs?: number;
  /** `caller`: who calls, and the reactions that led to it. */
  run(args: JsonMap, caller: Caller): Json | Promise<Json>;
}

export interface RunnerParts {
  readonly jobs: Jobs;
  readonly keys: Keys;
  readonly meant: Publisher['meant'];
  readonly bus: EventBus;
  readonly instances: Instances;
  readonly facts: MinionFacts;
  readonly reactors: () => ReactorEngine;
  readonly orchestrations: () => Orchestrations;
  readonly away: Away;
  readonly stats: () => JsonMap;
  readonly clock: Clock;
}

export interface Runners {
  /** What there is, for the reference. */
  readonly list: readonly (Pick<Runner, 'summary' | 'takes'> & { readonly name: string; readonly needs: number })[];
  /** Raises `TS_RUNNER_...` for a function or an argument that is not there, and what the function raises. */
  call(fun: string, arg: readonly Json[], kwarg: JsonMap, caller?: Caller): Promise<Json>;
}

/** The runners: Salt's names, and shorter ones beside them. */
export function runners(parts: RunnerParts): Runners {
  const table = new Map(Object.entries(tableOf(parts)));
  return {
    list: [...table].map(([name, { summary, takes, needs = 0 }]) => ({ name, summary, takes, needs })),
    async call(fun, arg, kwarg, caller = {}) {
      const runner = table.get(fun);
      if (!runner) throw runnerErrors.unknown({ fun }, { hint: didYouMean(nearest(fun, table.keys())) });
      return runner.run(bind(fun, runner, arg, kwarg), caller);
    },
  };
}

function bind(fun: string, { takes, needs = 0 }: Runner, arg: readonly Json[], kwarg: JsonMap): JsonMap {
  if (arg.length > takes.length) throw runnerErrors.tooMany({ fun, most: takes.length });
  for (const name of Object.keys(kwarg)) {
    if (!takes.includes(name))
      throw runnerErrors.unknownArgument({ fun, name }, { hint: didYouMean(nearest(name, takes)) });
  }
  const bound: JsonMap = { ...Object.fromEntries(arg.map((value, index) => [takes[index] ?? '', value])), ...kwarg };
  const missing = takes.slice(0, needs).find((name) => bound[name] === undefined);
  if (missing !== undefined) throw runnerErrors.missing({ fun, name: missing });
  return bound;
}

function tableOf(parts: RunnerParts): Record<string, Runner> {
  const { bus, instances, reactors, orchestrations, stats } = parts;
  return {
    ...jobRunners(parts),
    ...manageRunners(parts),
    'instances.list': {
      summary: 'the machines we launched',
      takes: [],
      run: () => instances.list().map((instance) => ({ ...instance, roles: [...instance.roles] }) as JsonMap),
    },
    'reactor.list': {
      summary: 'the reactors, and how they are doing',
      takes: [],
      run: () => reactors().list() as unknown as Json,
    },
    'reactor.why': {
      summary: 'which reactors saw an event, and what they did',
      takes: ['event'],
      needs: 1,
      run: async ({ event }) => {
        const seq = Number(event);
        if (!Number.isSafeInteger(seq) || seq < 1 || seq > bus.head())
          throw runnerErrors.noSuchEvent({ event: asText(event) });
        return (await reactors().why(seq)) as unknown as Json;
      },
    },
    'reactor.dead': { summary: 'the dead letters', takes: [], run: () => reactors().deadLetters() as unknown as Json },
    'reactor.redeliver': {
      summary: 'gives a dead letter to its reactor again, by the number of the event and the name in reactor.dead',
      takes: ['event', 'reactor'],
      needs: 2,
      run: async ({ event, reactor }) => {
        await reactors().redeliver(Number(event), asText(reactor));
        return true;
      },
    },
    'event.send': {
      summary: 'fires an event',
      takes: ['tag', 'data'],
      needs: 1,
      run: async ({ tag, data }, { cause, depth }) => {
        const led = { ...(cause === undefined ? {} : { cause }), ...(depth === undefined ? {} : { depth }) };
        return (await bus.fire({ tag: asText(tag), data: (data ?? {}) as JsonMap, ...led })).seq;
      },
    },
    ...orchestrationRunners(orchestrations),
    'master.stats': { summary: 'counters of every part of the master', takes: [], run: () => stats() },
  };
}
