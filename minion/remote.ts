import type { Clock } from '../lib/clock.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import type { RunWatcher, StateResult } from '../lib/contracts/state.ts';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Redactor } from '../lib/secrets/redactor.ts';
import { version } from '../lib/version.ts';
import { minionStates } from '../states/registry.ts';
import { executionContext } from './context.ts';
import { grainsAnew } from './custom/grains.ts';
import { customBeaconsOf, modulesWith, statesWith } from './custom/registries.ts';
import { masterCode } from './custom/sync.ts';
import { bindArguments, findFunction } from '../lib/execution/functions.ts';
import { collectGrains } from './grains/collect.ts';
import { jobsThrough, tellOfCustom } from './own-questions.ts';
import { scheduleThrough } from './own-schedule.ts';
import { optionsOf, toJson, partsOfConfig } from './local.ts';
import { mineAtMaster } from './mine/at-master.ts';
import { builtinModules } from './modules/registry.ts';
import { BASE } from '../lib/environments.ts';
import type { PillarRequest } from '../lib/pillar-settings.ts';
import { readTops, topsOf } from '../lib/tops.ts';
import { pillarQuestion, secretsOf } from './pillar-question.ts';
import { remoteEnvironments } from './remote-environments.ts';
import type { Ask } from './fetched-files.ts';
import { remoteTree } from './remote-tree.ts';
import { inSecrecy } from './secrecy.ts';

export interface RemoteCall {
  readonly jid: string;
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
  readonly config: MinionConfig;
  /** Holds the file of grains. */
  readonly configDir: string;
  readonly grains: JsonMap;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly log: Log;
  /** Learns what is marked as secret in the pillar. */
  readonly secrets: Redactor;
  readonly signal: AbortSignal;
  sendEvent(tag: string, data: JsonMap): Promise<boolean>;
  readonly watcher?: RunWatcher | undefined;
  /** Sends the result of one state of `total` to the master, as an event. */
  sendResult?(result: StateResult, total: number): void;
  /** The function gave an answer, and yet failed. */
  onFailed?(retcode: number): void;
  /** No code of an operator's own may run: it is the minion's own process. */
  readonly builtinOnly?: boolean;
}

/**
 * Runs an execution function with states and pillar of the master. Raises `TS_EXEC_...` before anything was run, what the
 * master answered as an error, and what the function throws; nothing of it shows a secret.
 */
export function callWithMaster(call: RemoteCall): Promise<Json> {
  return inSecrecy(call, call.secrets, run);
}

async function run(call: RemoteCall): Promise<Json> {
  const { jid, fun, args, kwargs, config, configDir, ask, clock, log, secrets, signal } = call;
  let { grains } = call;
  const files = remoteTree(ask, config.cachedir);
  const custom = masterCode(config.cachedir, files);
  const current = () => (call.builtinOnly === true ? undefined : custom.current());
  const modules = modulesWith(builtinModules, current);
  const found = await findFunction(fun, modules);
  const bound = bindArguments(fun, found, args, kwargs);
  const { id, saltenv } = config;
  let isWantedByMaster = false;
  // A master that tells nothing of its trees has the one that is asked for.
  let tops = { ...topsOf(config), environments: [saltenv ?? BASE] };
  const pillarWith = async (request: PillarRequest): Promise<JsonMap> => {
    const {
      pillar,
      secrets: marked,
      state_events,
      tops: told,
    } = await ask('pillar', pillarQuestion(config, grains, request));
    secrets.learn(secretsOf(marked));
    isWantedByMaster = state_events === true;
    tops = readTops(told) ?? tops;
    return isMap(pillar) ? (pillar as JsonMap) : {};
  };
  // What is quick asks for nothing that has to travel.
  const quick = found.quick === true;
  // A pillar or a tree that can't be had fails what uses it, and nothing else: a machine must stay within reach.
  const environments = remoteEnvironments(files, () => tops.environments);
  if (!quick) await environments.fetch(saltenv ?? BASE);
  let pillar = quick ? () => ({}) : await settled(() => pillarWith({}));
  const opts = optionsOf(config, configDir);

  /** All grains as they are now, with those of the operator's own code gathered anew, for this call too. */
  async function freshGrains(): Promise<JsonMap> {
    const { id, root, cachedir } = config;
    const own = await grainsAnew(current(), cachedir, { id, root, opts, log });
    const fresh = collectGrains({ config, configDir, version, gather: own });
    const isSame = JSON.stringify(fresh) === JSON.stringify(grains);
    grains = fresh;
    if (!isSame && !quick) pillar = await settled(() => pillarWith({}));
    return fresh;
  }

  const context = executionContext({
    id,
    jid,
    fun,
    cachedir: config.cachedir,
    get grains() {
      return grains;
    },
    freshGrains,
    get pillar() {
      return pillar();
    },
    pillarWith,
    opts,
    ...partsOfConfig(config),
    modules,
    states: statesWith(minionStates, current),
    customBeacons: customBeaconsOf(current),
    custom: {
      autoload: config.autoload_dynamic_modules,
      async sync(kinds, named) {
        const synced = await custom.sync(kinds, named, config.clean_dynamic_modules);
        // Its beacons, and which functions are quick, are the minion's to know.
        if (synced.renewed.length > 0) await tellOfCustom(ask);
        return synced;
      },
    },
    environments,
    get tops() {
      return tops;
    },
    clock,
    log,
    signal,
    jobs: jobsThrough(ask),
    mine: mineAtMaster(ask),
    schedule: scheduleThrough(ask),
    async upgrade(request) {
      const { upgradeMinion } = await import('./upgrade/upgrade.ts');
      const script = process.argv[1] ?? '';
      return upgradeMinion(request, { jid, script, configDir, cachedir: config.cachedir, ask, clock, signal });
    },
    async tellGrains() {
      await ask('greet', { grains: await freshGrains(), version });
    },
    sendEvent: (tag, data) => call.sendEvent(tag, data),
    watcher: call.watcher,
    get stateEvents() {
      return config.state_events || isWantedByMaster;
    },
    sendResult: (result, total) => call.sendResult?.(result, total),
    onFailed: (retcode) => call.onFailed?.(retcode),
  });
  return toJson(await found.run(bound as never, context));
}

/** Gives the outcome of `work`, or raises what it raised, whenever it is asked. */
async function settled<T>(work: () => Promise<T>): Promise<() => T> {
  try {
    const value = await work();
    return () => value;
  } catch (thrown) {
    return () => {
      throw thrown;
    };
  }
}
