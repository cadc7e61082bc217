import type {
  ExecContext,
  MinionJobs,
  MinionSchedule,
  ModuleRegistry,
  ShownStates,
  StateRequest,
  SyncedCustom,
  UpgradeRequest,
} from '../lib/contracts/execution.ts';
import { isMinionKind, minionKindNames, type MinionKind } from '../lib/custom/names.ts';
import type { CustomBeaconRegistry } from '../lib/contracts/beacon.ts';
import type { Mine } from '../lib/contracts/mine.ts';
import { upgradeErrors } from '../lib/errors/upgrade.ts';
import type { Machine, Reading } from '../lib/contracts/machine.ts';
import type { RunWatcher, StateRegistry, StateResult, StateReturn } from '../lib/contracts/state.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors/error.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { BASE } from '../lib/environments.ts';
import { isForOneRun, type PillarRequest } from '../lib/pillar-settings.ts';
import { nodegroupsIn } from '../lib/target/target.ts';
import { stateErrors } from '../lib/errors/state.ts';
import type { RenderContext } from '../states/engine/render.ts';
import type { Environments } from '../states/engine/environments.ts';
import type { TopOptions } from '../states/engine/top.ts';
import { bindArguments, callFunction, findFunction } from '../lib/execution/functions.ts';
import type { Functions } from './machine/machine.ts';
import { createLocalMachine } from './local-machine.ts';
import { ownMine } from './mine/own.ts';
import { templateFunctions } from '../states/engine/template-functions.ts';

/** An operator's own code, for what runs with it. */
export interface CustomSource {
  /** State runs fetch it first (`autoload_dynamic_modules`). */
  readonly autoload: boolean;
  /** Fetches what these environments have of these kinds. */
  sync(kinds: readonly MinionKind[], environments: readonly string[]): Promise<SyncedCustom>;
}

/** What a function runs with: who the minion is, what it knows, and where its states come from. */
export interface ExecutionParts {
  readonly id: string;
  readonly jid: string;
  /** The function that was asked for. */
  readonly fun: string;
  /** Holds the lock that state runs take. */
  readonly cachedir: string;
  readonly grains: JsonMap;
  /** The grains as they are by now. */
  freshGrains(): JsonMap | Promise<JsonMap>;
  readonly pillar: JsonMap;
  /** The pillar as a request wants it; raises what is wrong with it. */
  readonly pillarWith: (request: PillarRequest) => Promise<JsonMap>;
  readonly opts: JsonMap;
  /** `/`, or the tree that is managed in place of the running system. */
  readonly root: string;
  /** `allow_commands_outside_root` of the config. */
  readonly commandsOutsideRoot: boolean;
  readonly environments: Environments;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly states: StateRegistry;
  readonly modules: ModuleRegistry;
  readonly customBeacons: CustomBeaconRegistry;
  /** Where the operator's own modules and states are from. */
  readonly custom: CustomSource;
  readonly failhard: boolean;
  readonly aggregate?: boolean | readonly string[];
  /** The only environment that states are from; undefined: the highstate is from all. */
  readonly saltenv: string | undefined;
  /** No other may be named. */
  readonly isLocked: boolean;
  /** How the highstate is found. */
  readonly tops: TopOptions;
  sendEvent(tag: string, data: JsonMap): Promise<boolean>;
  /** This machine's own where there is no master. */
  readonly mine?: Mine;
  /** None where no minion runs. */
  readonly jobs?: MinionJobs;
  readonly schedule?: MinionSchedule;
  upgrade?(request: UpgradeRequest): Promise<JsonMap>;
  tellGrains?(): Promise<void>;
  /** Of state runs that are asked for; not of those that are a part of another. */
  readonly watcher?: RunWatcher | undefined;
  /** `state_events` of the configs; a request may say otherwise. */
  readonly stateEvents?: boolean;
  /** Sends the result of one state of `total` to the master, as an event. */
  sendResult?(result: StateResult, total: number): void;
  onFailed?(retcode: number): void;
}

/** Everything that an execution function is handed, made of its parts. */
export function executionContext(parts: ExecutionParts): ExecContext {
  const { id, jid, opts, clock, log, signal, modules } = parts;
  const functions = templateFunctions(modules, () => context);
  // One time for all templates of a run: what is compared twice must not have changed in between.
  const now = clock.now();
  let machine: Machine | undefined;
  let mine: Mine | undefined;
  /** What states of a run see of the machine: they may set grains. */
  let view: Reading | undefined;

  /** The pillar of the run that is under way: a request may lay something over the minion's. */
  let pillarOfRun: JsonMap | undefined;

  const grainsNow = (): JsonMap => view?.grains ?? parts.grains;

  function rendering(pillar: JsonMap, saltenv = parts.saltenv ?? BASE, grains = grainsNow()): RenderContext {
    return { id, grains, pillar, opts, saltenv, functions, now };
  }

  /** The environment of a request. Raises `TS_STATE_LOCKED_ENVIRONMENT`. */
  function environmentOf({ saltenv = parts.saltenv }: Pick<StateRequest, 'saltenv'>): string | undefined {
    if (parts.isLocked && saltenv !== parts.saltenv && saltenv !== undefined)
      throw stateErrors.lockedEnvironment({ saltenv });
    return saltenv;
  }

  async function pillarFor(request: Pick<StateRequest, 'pillar' | 'saltenv' | 'pillarenv'>): Promise<JsonMap> {
    const { pillar: override, saltenv, pillarenv } = request;
    const asked = { override, saltenv, pillarenv };
    return isForOneRun(asked) ? parts.pillarWith(asked) : parts.pillar;
  }

  /** Does what sees this pillar, whatever functions it calls. */
  async function withPillar<T>(pillar: JsonMap, work: () => Promise<T>): Promise<T> {
    const before = pillarOfRun;
    pillarOfRun = pillar;
    try {
      return await work();
    } finally {
      pillarOfRun = before;
    }
  }

  /** Packages, services and the rest are looked at by few functions. */
  function machineWith(seen: RenderContext): Machine {
    return createLocalMachine(parts.root, parts.commandsOutsideRoot, parts.environments, seen, callable);
  }

  let hasTurn = false;

  /** One run at a time on a machine; a run that a state of this one asks for is a part of it. */
  async function applyStates(request: StateRequest): Promise<StateReturn> {
    if (hasTurn) return runStates(request);
    const { takeStateTurn } = await import('./state-lock.ts');
    const { fun, cachedir } = parts;
    const { queue = true, concurrent = false } = request;
    const turn = await takeStateTurn({ cachedir, fun, jid, queue, concurrent, clock, log, signal });
    if (turn.refused !== undefined) return [turn.refused];
    hasTurn = true;
    try {
      if (parts.custom.autoload) await autoload();
      return await runStates(request, watcherOf(request));
    } finally {
      hasTurn = false;
      turn.release();
    }
  }

  function watcherOf({ stateEvents = parts.stateEvents }: StateRequest): RunWatcher {
    return {
      began: (place) => parts.watcher?.began?.(place),
      ended(result, place) {
        parts.watcher?.ended?.(result, place);
        if (stateEvents === true) parts.sendResult?.(result, place.total);
      },
    };
  }

  /** The environments that the operator's own code is from, as Salt has it: those whose states are meant for this minion. */
  async function environmentsOfTop(): Promise<readonly string[]> {
    if (parts.saltenv !== undefined) return [parts.saltenv];
    const { environmentsInTop } = await import('./custom/environments.ts');
    return environmentsInTop(parts.environments, rendering(parts.pillar), parts.tops);
  }

  async function syncCustom(kinds: readonly string[], saltenv?: string): Promise<SyncedCustom> {
    const environments = saltenv === undefined ? await environmentsOfTop() : [saltenv];
    return parts.custom.sync(kinds.filter(isMinionKind), environments);
  }

  /** What is wrong with it, or with the top file, fails only what uses it. */
  async function autoload(): Promise<void> {
    try {
      const { problems, renewed } = await syncCustom(minionKindNames);
      if (renewed.includes('grains')) await parts.tellGrains?.();
      for (const problem of Object.values(problems).flat())
        log('error', 'a custom module can not be used', { problem });
    } catch (thrown) {
      log('warning', 'custom modules were not fetched anew', { reason: messageOf(thrown) });
    }
  }

  async function runStates(request: StateRequest, watcher?: RunWatcher): Promise<StateReturn> {
    const [{ applyStates: apply }, { foresee }, { noting }] = await Promise.all([
      import('../states/engine/apply.ts'),
      import('./machine/foreseen/foreseen.ts'),
      import('./state-steps.ts'),
    ]);
    const { cachedir, root } = parts;
    // Beacons are to know what is this run's own doing.
    const ownMachine = (seen: RenderContext): Machine =>
      noting(machineWith(seen), { cachedir, root, now: () => clock.now() });
    const saltenv = environmentOf(request);
    const pillar = await pillarFor(request);
    const { environments, states, failhard, aggregate, tops, isLocked } = parts;
    const before = view;
    const context = rendering(pillar, saltenv);
    const real = ownMachine(context);
    if (!request.test) view = real;
    const applying = () =>
      apply({
        request,
        environments,
        machine: real,
        foresee(machine) {
          const foreseen = foresee(machine, () => clock.now());
          view = foreseen;
          return foreseen;
        },
        context,
        registry: states,
        clock,
        failhard,
        aggregate,
        tops: request.top === undefined ? tops : { ...tops, file: request.top },
        saltenv,
        isLocked,
        signal,
        call,
        watcher,
        async fire(tag = `state_result/${jid}/${id}`, data) {
          await parts.sendEvent(tag, data).catch((cause: unknown) => {
            log('warning', 'the event of a state could not be sent', { tag, reason: messageOf(cause) });
          });
        },
        reload: async (what) => {
          const grains = what.includes('grains') ? await parts.freshGrains() : grainsNow();
          const { pillar: override, pillarenv } = request;
          const fresh = what.includes('pillar')
            ? await parts.pillarWith({ override, saltenv: request.saltenv, pillarenv })
            : pillar;
          pillarOfRun = fresh;
          return (view = ownMachine(rendering(fresh, saltenv, grains)));
        },
      });
    const done = withPillar(pillar, applying);
    // What a test run foresees is not so after it.
    return request.test ? done.finally(() => (view = before)) : done;
  }

  async function showStates(request: Parameters<ExecContext['showStates']>[0]): Promise<ShownStates> {
    const { showStates: show } = await import('../states/engine/apply.ts');
    const saltenv = environmentOf(request);
    const pillar = await pillarFor(request);
    const { environments, states: registry, tops, isLocked } = parts;
    const options = { environments, context: rendering(pillar, saltenv), registry, tops, saltenv, isLocked };
    return withPillar(pillar, () => show(request, options));
  }

  function call(fun: string, args: readonly Json[], kwargs: JsonMap): Promise<Json> {
    const inner = Object.create(context, { failed: { value: () => {} } }) as ExecContext;
    return callFunction(fun, args, kwargs, inner, modules);
  }

  /** For states that call functions: one that fails is theirs to report. */
  const callable: Functions = {
    async whyNot(fun, args, kwargs) {
      try {
        bindArguments(fun, await findFunction(fun, modules), args, kwargs);
        return undefined;
      } catch (thrown) {
        return messageOf(thrown);
      }
    },
    async call({ fun, args, kwargs }) {
      let retcode = 0;
      const failed = (code: number) => void (retcode = code);
      const inner = Object.create(context, { failed: { value: failed } }) as ExecContext;
      const answer = await callFunction(fun, args, kwargs, inner, modules);
      return { did: 'call', fun, answer, retcode };
    },
  };

  const context: ExecContext = {
    id,
    jid,
    opts,
    clock,
    log,
    signal,
    failed: (retcode) => parts.onFailed?.(retcode),
    pillarFor: (request) => parts.pillarWith(request),
    call,
    applyStates,
    showStates,
    async runningStates() {
      const { runningStates } = await import('./state-lock.ts');
      return runningStates(parts.cachedir);
    },
    get mine() {
      return (mine ??= parts.mine ?? ownMine(parts.cachedir, context));
    },
    modules,
    customBeacons: parts.customBeacons,
    syncCustom,
    async clearCache() {
      const { clearCache } = await import('./clear-cache.ts');
      clearCache(parts.cachedir);
    },
    jobs: parts.jobs ?? { list: async () => [], end: async () => undefined },
    schedule: parts.schedule,
    async upgrade(request) {
      if (!parts.upgrade) throw upgradeErrors.notAsked(undefined);
      return parts.upgrade(request);
    },
    async tellGrains() {
      await parts.tellGrains?.();
    },
    sendEvent: (tag, data) => parts.sendEvent(tag, data),
    get nodegroups() {
      // One that could not be asked has told of none: why not is to be said.
      void parts.pillar;
      return { ...parts.tops.nodegroups, ...nodegroupsIn(opts) };
    },
    get grains() {
      return grainsNow();
    },
    get pillar() {
      return pillarOfRun ?? parts.pillar;
    },
    get machine() {
      // Only states read a pillar off their machine; a broken one must not take the machine from the rest.
      return (machine ??= machineWith(rendering({})));
    },
  };
  return context;
}
