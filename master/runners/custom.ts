import { titleOf } from '../../lib/custom/files.ts';
import { keptModules } from '../../lib/custom/kinds.ts';
import { masterKindNames, type MasterKind } from '../../lib/custom/names.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JobOutcome, PublishRequest } from '../../lib/contracts/reactor.ts';
import type { RunnerContext } from '../../lib/contracts/runner.ts';
import { BASE } from '../../lib/environments.ts';
import { customErrors } from '../../lib/errors/custom.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log, LogLevel } from '../../lib/log.ts';
import { perTurn } from '../../lib/per-turn.ts';
import { startChild } from '../../lib/system/child/start.ts';
import { codeAt, moduleNamed, modulesIn, stampOf, type OwnCode, type Trees } from '../own-code.ts';
import { poolProgram } from '../pool/programs.ts';
import type { RunnerTable } from './runner.ts';

/** A call of one of its functions. */
export interface RunnerOrder {
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
}

export interface CustomRunnersOptions {
  /** The state trees as they are now: runners are those of `base`. */
  readonly trees: Trees;
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
  /** What of a kind was new or another one since it was asked last, and what is wrong: `runners.fleet`. */
  sync(kind: MasterKind, saltenv: string): Promise<string[]>;
}

/** Milliseconds that a file has to be loaded. */
const LOAD_MS = 10_000;
/** A runner may wait for minions. */
const LONGEST_MS = 24 * 60 * 60 * 1000;
const MOST_AT_ONCE = 16;
const HEAP_MB = 128;

export function customRunners({ trees, powers, clock, log }: CustomRunnersOptions): CustomRunners {
  let running = 0;
  const known: Record<MasterKind, ReadonlyMap<string, string>> = { runners: new Map(), returners: new Map() };

  const fileOf = (module: string): string | undefined =>
    keptModules.includes(module) ? undefined : moduleNamed(trees, 'runners', module);
  // Asked before every call of a runner, and reactions call many in one turn.
  const names = perTurn(() => new Set(modulesIn(trees, 'runners').values()));

  /** Loads a file in a process of its own, and runs one of its functions there, or gives what functions there are. */
  async function inProcess(code: OwnCode, order?: RunnerOrder, user?: string): Promise<Json> {
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
      const listed = await child.ask('load', code as unknown as Json, LOAD_MS);
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
    has: (module) => !keptModules.includes(module) && names().has(module),
    async call(fun, arg, kwarg, user) {
      const path = fileOf(fun.split('.')[0] ?? '') ?? '';
      return inProcess(await codeAt(trees, 'runners', path), { fun, arg, kwarg }, user);
    },
    async list() {
      const all = [...modulesIn(trees, 'runners')].map(async ([path, module]) => {
        const listed = (await inProcess(await codeAt(trees, 'runners', path))) as unknown as ListedRunner[];
        return listed.map((one) => ({ ...one, name: `${module}.${one.name}` }));
      });
      const settled = await Promise.allSettled(all);
      for (const one of settled)
        if (one.status === 'rejected')
          log('warning', 'a custom runner can not be used', { reason: messageOf(one.reason) });
      return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    },
    async sync(kind, saltenv) {
      const told: string[] = [];
      const now = new Map<string, string>();
      for (const [path, name] of modulesIn(trees, kind, saltenv)) {
        const code = await codeAt(trees, kind, path, saltenv);
        const stamp = stampOf(code);
        now.set(path, stamp);
        if (known[kind].get(path) !== stamp) told.push(titleOf(kind, path));
        const tell = (problem: string): void => void told.push(`${titleOf(kind, path)}: ${problem}`);
        if (kind === 'runners' && keptModules.includes(name)) tell(customErrors.kept({ name }).message);
        else await inProcess(code).catch((thrown: unknown) => tell(messageOf(thrown)));
      }
      known[kind] = now;
      return told;
    },
  };
}

/** The runners that tell of them. */
export function customRunnerTable(custom: () => CustomRunners): RunnerTable {
  return Object.fromEntries(
    masterKindNames.map((kind) => [
      `saltutil.sync_${kind}`,
      {
        summary: `what is new in _${kind} of the state tree, or was changed, since it was asked last; and what is wrong with it`,
        takes: ['saltenv'],
        run: ({ saltenv = BASE }) => custom().sync(kind, asText(saltenv)),
      },
    ]),
  );
}

const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

function levelOf(value: Json | undefined): LogLevel {
  const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
  return levels.find((level) => level === value) ?? 'info';
}
