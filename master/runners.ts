import type { Clock } from '../lib/clock.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { runnerErrors } from '../lib/errors/runners.ts';
import type { MasterCall } from '../lib/contracts/orchestration.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import type { Store } from '../store/store.ts';
import type { EventBus } from './bus.ts';
import type { MinionFacts } from './facts.ts';
import type { FileServer } from './files.ts';
import type { Upkeep } from './git/upkeep.ts';
import type { Instances } from './instances.ts';
import type { Away } from './jobs/listing.ts';
import type { Jobs } from './jobs/ledger.ts';
import type { Keys } from './keys.ts';
import type { MineBook } from './mine/book.ts';
import type { MineReader } from './mine/reader.ts';
import type { OrchestrationBook } from './orchestrate/book.ts';
import type { Orchestrations } from './orchestrate/orchestrations.ts';
import { notReading, type Caller } from './orchestrate/steps.ts';
import type { PillarCache } from './pillar-cache.ts';
import type { PillarOf } from './pillar.ts';
import type { Publisher } from './publisher.ts';
import type { ReactorEngine } from './reactor/engine.ts';
import { bindRunner } from './runners/bind.ts';
import type { MasterSchedule } from './schedule.ts';
import type { AuditLog } from './audit/log.ts';
import { insteadOf } from './runners/absent.ts';
import { auditRunners } from './runners/audit.ts';
import { cacheRunners } from './runners/cache.ts';
import { customRunnerTable, type CustomRunners } from './runners/custom.ts';
import { eventRunners } from './runners/event.ts';
import { fileserverRunners } from './runners/fileserver.ts';
import { gitRunners } from './runners/git.ts';
import { jobRunners } from './runners/jobs.ts';
import { manageRunners } from './runners/manage.ts';
import { mineRunners } from './runners/mine.ts';
import { pillarRunners } from './runners/pillar.ts';
import { onlyLooks } from './runners/reading.ts';
import { reactorRunners } from './runners/reactor.ts';
import { returnerRunners } from './runners/returner.ts';
import type { Runner, RunnerTable } from './runners/runner.ts';
import { saltRunners, type SaltRunnerParts } from './runners/salt.ts';
import { scheduleRunners } from './runners/schedule.ts';
import { orchestrationRunners } from './runners/state.ts';
import { testRunners } from './runners/test.ts';
import { configWheel } from './wheel/config.ts';
import { fileRootsWheel } from './wheel/file-roots.ts';
import { keyWheel, type KeyCommands } from './wheel/key.ts';

/** What the functions of a master work with. */
export interface RunnerParts {
  readonly config: MasterConfig;
  readonly jobs: Jobs;
  readonly orchestrationBook: OrchestrationBook;
  readonly keys: Keys;
  readonly keyCommands: KeyCommands;
  readonly store: Store;
  readonly bus: EventBus;
  readonly mine: MineBook;
  readonly instances: Instances;
  readonly facts: MinionFacts;
  readonly files: FileServer;
  readonly upkeep: Upkeep;
  readonly tooOld: ReadonlyMap<string, string>;
  readonly publisher: Publisher;
  readonly pillarOf: PillarOf;
  /** Who stands in for a minion on the master. */
  readonly standIn: SaltRunnerParts['standIn'];
  /** Undefined: pillars are made anew each time. */
  readonly pillars: PillarCache | undefined;
  readonly mineReader: MineReader;
  readonly reactors: () => ReactorEngine;
  readonly orchestrations: () => Orchestrations;
  readonly schedule: () => Pick<MasterSchedule, 'list'>;
  readonly away: Away;
  /** Those of the operator's own. */
  readonly custom: CustomRunners;
  readonly audit: AuditLog;
  readonly stats: () => JsonMap;
  readonly clock: Clock;
}

/** Who is asked: a runner only reads and begins things, a wheel function decides for the master. */
export type Client = 'runner' | 'wheel';

export interface ListedFunction extends Pick<Runner, 'summary' | 'takes' | 'anything' | 'keywords'> {
  readonly name: string;
  readonly needs: number;
}

export interface Call {
  readonly fun: string;
  readonly arg?: readonly Json[];
  readonly kwarg?: JsonMap;
  /** Either, where it is not said. */
  readonly client?: Client;
}

export interface Runners {
  /** What there is, for the reference. */
  list(client: Client): readonly ListedFunction[];
  /** All of both, those of the operator's own among them. */
  listAll(): Promise<readonly ListedFunction[]>;
  /** What there is of this name, or in the module of this name. Raises `TS_RUNNER_UNKNOWN`. */
  about(name: string): Promise<readonly ListedFunction[]>;
  /** Whether there is such a runner function; where its module is of the operator's own, whether there is the module. */
  knows(fun: string): boolean;
  /** Whether a runner function can be begun and not waited for. */
  begins(fun: string): boolean;
  /** Whether a function only looks; of the operator's own nobody knows it. */
  reads(call: Pick<MasterCall, 'client' | 'fun'>): boolean;
  /** Raises `TS_RUNNER_...` for a function or an argument that is not there, and what the function raises. */
  call(call: Call, caller?: Caller): Promise<Json>;
}

/** The functions of the master: Salt's names, and shorter ones beside them. */
export function runners(parts: RunnerParts): Runners {
  const read: SaltRunnerParts['read'] = (call, caller) => {
    const { client: side, fun, arg: args, kwarg: kwargs } = call;
    if (!all.reads(call)) throw notReading(call);
    caller.permit?.({ side, fun, args, kwargs });
    return all.call(call, caller);
  };
  const tables: Readonly<Record<Client, RunnerTable>> = { runner: runnersOf(parts, read), wheel: wheelsOf(parts) };
  const list = (client: Client): readonly ListedFunction[] =>
    Object.entries(tables[client]).map(([name, { summary, takes, anything = false, keywords, needs = 0 }]) => {
      return { name, summary, takes, anything, needs, ...(keywords !== undefined && { keywords }) };
    });
  const all: Runners = {
    list,
    async listAll() {
      const own = await parts.custom.list();
      const replaced = new Set(own.map(({ name }) => moduleOf(name)));
      return [...list('runner').filter(({ name }) => !replaced.has(moduleOf(name))), ...own, ...list('wheel')];
    },
    async about(name) {
      const found = (await all.listAll()).filter((one) => one.name === name || moduleOf(one.name) === name);
      if (found.length === 0) throw unknown(name, [...Object.keys(tables.runner), ...Object.keys(tables.wheel)]);
      return found;
    },
    knows: (fun) => Object.hasOwn(tables.runner, fun) || parts.custom.has(moduleOf(fun)),
    begins: (fun) =>
      Object.hasOwn(tables.runner, fun) && tables.runner[fun]?.begins === true && !parts.custom.has(moduleOf(fun)),
    reads: ({ client, fun }) => onlyLooks(client, fun) && (client === 'wheel' || !parts.custom.has(moduleOf(fun))),
    async call({ fun, arg = [], kwarg = {}, client }, caller = {}) {
      if (client !== 'wheel' && parts.custom.has(moduleOf(fun))) return parts.custom.call(fun, arg, kwarg, caller.user);
      const table = client === undefined ? { ...tables.wheel, ...tables.runner } : tables[client];
      const runner = Object.hasOwn(table, fun) ? table[fun] : undefined;
      if (!runner) throw unknown(fun, Object.keys(table));
      return runner.run(bindRunner(fun, runner, arg, kwarg), caller);
    },
  };
  return all;
}

function unknown(fun: string, known: readonly string[]): Error {
  return runnerErrors.unknown({ fun }, { hint: insteadOf(fun) ?? didYouMean(nearest(fun, known)) });
}

const moduleOf = (fun: string): string => fun.split('.')[0] ?? '';

function runnersOf(parts: RunnerParts, read: SaltRunnerParts['read']): RunnerTable {
  const { bus, instances, reactors, orchestrations, stats } = parts;
  const meant: Publisher['meant'] = (request) => parts.publisher.meant(request);
  const salt = saltRunners({ ...parts, read });
  return {
    ...jobRunners({ ...parts, meant }),
    ...manageRunners({ ...parts, meant }),
    'instances.list': {
      summary: 'the machines we launched',
      takes: [],
      run: () => instances.list().map((instance) => ({ ...instance, roles: [...instance.roles] }) as JsonMap),
    },
    ...reactorRunners(reactors, bus),
    ...eventRunners(bus),
    ...returnerRunners(reactors),
    ...customRunnerTable(() => parts.custom),
    ...auditRunners(() => parts.audit),
    ...orchestrationRunners(orchestrations),
    ...salt,
    ...mineRunners(
      () => parts.mineReader,
      (args, caller) => salt['salt.execute'].run(args, caller),
    ),
    ...scheduleRunners(parts.schedule),
    ...cacheRunners({ ...parts, meant }),
    ...pillarRunners({ ...parts, meant }),
    ...fileserverRunners(parts),
    ...gitRunners(() => parts.upkeep),
    ...testRunners(parts.clock),
    'master.stats': { summary: 'counters of every part of the master', takes: [], run: () => stats() },
  };
}

function wheelsOf(parts: RunnerParts): RunnerTable {
  return {
    ...keyWheel(parts.keyCommands),
    ...configWheel(() => parts.config),
    ...fileRootsWheel(
      () => parts.config.file_roots,
      () => parts.files,
    ),
  };
}

/** What there is, by name, with no master at hand. */
export function listFunctions(client: Client): readonly ListedFunction[] {
  // Nothing of a master is needed to list them.
  return runners({} as RunnerParts).list(client);
}
