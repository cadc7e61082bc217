import { createHash } from 'node:crypto';
import { moduleNameOf, titleOf } from '../../lib/custom/files.ts';
import { keptModules } from '../../lib/custom/kinds.ts';
import { folderOf, masterKindNames } from '../../lib/custom/names.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JobOutcome, PublishRequest } from '../../lib/contracts/reactor.ts';
import type { RunnerContext } from '../../lib/contracts/runner.ts';
import { BASE } from '../../lib/environments.ts';
import { customErrors } from '../../lib/errors/custom.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log, LogLevel } from '../../lib/log.ts';
import { startChild } from '../../lib/system/child/start.ts';
import type { LocalEnvironments } from '../../states/engine/environments.ts';
import { poolProgram } from '../pool/programs.ts';
import type { RunnerTable } from './runner.ts';

/** A file of `_runners` with all that it may import. */
export interface RunnerFiles {
  readonly path: string;
  readonly files: Readonly<Record<string, { readonly base64: string; readonly shown: string }>>;
}

/** A call of one of its functions. */
export interface RunnerOrder {
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
}

export interface CustomRunnersOptions {
  /** The state trees as they are now: runners are those of `base`. */
  readonly trees: () => LocalEnvironments;
  /** What runners may do, for whoever called one. */
  readonly powers: Pick<RunnerContext, 'fire'> & {
    call(user: string | undefined, ...asked: Parameters<RunnerContext['call']>): Promise<Json>;
    publish(user: string | undefined, request: PublishRequest): ReturnType<RunnerContext['publish']>;
    /** `signal`: nobody waits for it any longer. */
    outcome(jid: string, id: string, signal: AbortSignal): Promise<JobOutcome>;
  };
  readonly clock: Clock;
  readonly log: Log;
}

/** A function of the master, as it is listed. */
export interface ListedRunner {
  readonly name: string;
  readonly summary: string;
  readonly takes: readonly string[];
  readonly needs: number;
}

/** Runners of an operator's own, in the state tree. They are as they are there: nothing is kept of them. */
export interface CustomRunners {
  /** Whether a file has the functions of this module; it then takes the place of a built-in one. */
  has(module: string): boolean;
  /** `user`: whose its jobs are. */
  call(fun: string, arg: readonly Json[], kwarg: JsonMap, user?: string): Promise<Json>;
  /** What functions there are; of a file that is broken none. */
  list(): Promise<ListedRunner[]>;
  /** What was new or another one since it was asked last, and what is wrong: `runners.fleet`. */
  sync(saltenv: string): Promise<string[]>;
}

/** Milliseconds that a file has to be loaded. */
const LOAD_MS = 10_000;
/** A runner may wait for minions. */
const LONGEST_MS = 24 * 60 * 60 * 1000;
const MOST_AT_ONCE = 16;
const HEAP_MB = 128;

export function customRunners({ trees, powers, clock, log }: CustomRunnersOptions): CustomRunners {
  let running = 0;
  let known: ReadonlyMap<string, string> = new Map();

  function fileOf(module: string): string | undefined {
    if (keptModules.includes(module) || !/^[A-Za-z]\w*$/.test(module)) return undefined;
    return [...modulesIn(BASE)].find(([, name]) => name === module)?.[0];
  }

  /** Paths, each with the name of the module. */
  function modulesIn(environment: string): ReadonlyMap<string, string> {
    const inside = trees().tree(environment)?.list(folderOf('runners')) ?? [];
    const paths = inside.map((name) => `${folderOf('runners')}/${name}`);
    return new Map(
      paths.flatMap((path) => {
        const name = moduleNameOf('runners', path);
        return name === undefined ? [] : [[path, name] as const];
      }),
    );
  }

  async function filesFor(path: string, environment: string): Promise<RunnerFiles> {
    const tree = trees().tree(environment);
    const files: Record<string, { base64: string; shown: string }> = {};
    for (const kind of masterKindNames)
      for (const inside of tree?.list(folderOf(kind)) ?? []) {
        const name = `${folderOf(kind)}/${inside}`;
        const bytes = await tree?.read(name);
        if (tree && bytes) files[name] = { base64: bytes.toString('base64'), shown: tree.shown(name) };
      }
    return { path, files };
  }

  /** Loads a file in a process of its own, and runs one of its functions there, or gives what functions there are. */
  async function inProcess(files: RunnerFiles, order?: RunnerOrder, user?: string): Promise<Json> {
    if (running >= MOST_AT_ONCE) throw customErrors.tooMany({ most: MOST_AT_ONCE });
    running++;
    const program = poolProgram('runner-child');
    const over = new AbortController();
    const child = startChild({
      program,
      heapMb: HEAP_MB,
      clock,
      log,
      answer: (asked, given) => answer(asked, given, over.signal, user),
    });
    try {
      // Both are plain data.
      const listed = await child.ask('load', files as unknown as Json, LOAD_MS);
      return order ? await child.ask('call', order as unknown as Json, LONGEST_MS) : listed;
    } finally {
      over.abort();
      child.kill();
      running--;
    }
  }

  /** What a runner's process may say is anything: what makes no sense is refused. */
  async function answer(asked: string, given: Json, signal: AbortSignal, user: string | undefined): Promise<Json> {
    const { method, args } = isMap(given) ? given : {};
    if (asked !== 'context' || !Array.isArray(args)) throw new RangeError(`not answered here: ${asked}`);
    const [first, second, third, fourth] = args as Json[];
    switch (asText(method)) {
      case 'log':
        log(levelOf(first), asText(second).slice(0, 1000), { facts: asText(third).slice(0, 1000) });
        return null;
      case 'call':
        return powers.call(user, first === 'wheel' ? 'wheel' : 'runner', asText(second), mapOf(third), listOf(fourth));
      case 'publish':
        return { ...(await powers.publish(user, mapOf(first) as unknown as PublishRequest)) };
      case 'outcome':
        return { ...(await powers.outcome(asText(first), asText(second), signal)) };
      case 'fire':
        await powers.fire(asText(first), mapOf(second));
        return null;
      default:
        throw new RangeError(`a runner's context has no ${asText(method)}`);
    }
  }

  return {
    has: (module) => fileOf(module) !== undefined,
    async call(fun, arg, kwarg, user) {
      const path = fileOf(fun.split('.')[0] ?? '') ?? '';
      return inProcess(await filesFor(path, BASE), { fun, arg, kwarg }, user);
    },
    async list() {
      const all = [...modulesIn(BASE)].map(async ([path, module]) => {
        const listed = (await inProcess(await filesFor(path, BASE))) as unknown as ListedRunner[];
        return listed.map((one) => ({ ...one, name: `${module}.${one.name}` }));
      });
      const settled = await Promise.allSettled(all);
      for (const one of settled)
        if (one.status === 'rejected')
          log('warning', 'a custom runner can not be used', { reason: messageOf(one.reason) });
      return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    },
    async sync(saltenv) {
      const told: string[] = [];
      const now = new Map<string, string>();
      for (const [path, name] of modulesIn(saltenv)) {
        const files = await filesFor(path, saltenv);
        const stamp = createHash('sha256').update(JSON.stringify(files.files)).digest('hex');
        now.set(path, stamp);
        if (known.get(path) !== stamp) told.push(titleOf('runners', path));
        if (keptModules.includes(name))
          told.push(`${titleOf('runners', path)}: ${customErrors.kept({ name }).message}`);
        else
          await inProcess(files).catch((thrown: unknown) =>
            told.push(`${titleOf('runners', path)}: ${messageOf(thrown)}`),
          );
      }
      known = now;
      return told;
    },
  };
}

/** The runner that tells of them. */
export function customRunnerTable(custom: () => CustomRunners): RunnerTable {
  return {
    'saltutil.sync_runners': {
      summary:
        'what is new in _runners of the state tree, or was changed, since it was asked last; and what is wrong with it',
      takes: ['saltenv'],
      run: ({ saltenv = BASE }) => custom().sync(asText(saltenv)),
    },
  };
}

const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

function levelOf(value: Json | undefined): LogLevel {
  const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
  return levels.find((level) => level === value) ?? 'info';
}
