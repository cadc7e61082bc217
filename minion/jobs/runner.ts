import type { Clock } from '../../lib/clock.ts';
import type { MinionConfig } from '../../lib/config/options.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { Redactor } from '../../lib/secrets/redactor.ts';
import type { JobRunner } from '../agent.ts';
import { masterIndex, watchedIndex } from '../custom/index-file.ts';
import { pluginNamed } from '../custom/registries.ts';
import { findFunction } from '../../lib/execution/functions.ts';
import { builtinModules } from '../modules/registry.ts';
import { callWithMaster } from '../remote.ts';
import { failedReturn, runInProcess, type WorkerHost } from './in-process.ts';
import { outcomeOf } from './outcome.ts';

export interface RunnerOptions {
  readonly config: MinionConfig;
  readonly configDir: string;
  /** Options that were said on the minion's command line. */
  readonly flags: JsonMap;
  /** The script that, given `worker`, becomes a job's process. */
  readonly script: string;
  readonly host: WorkerHost;
  readonly grains: () => JsonMap;
  /** Of the minion's own process. */
  readonly secrets: Redactor;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs quick functions inside the minion, everything else in a process of its own, so that heartbeats and time-outs hold. */
export function jobRunner({
  config,
  configDir,
  flags,
  script,
  host,
  grains,
  secrets,
  clock,
  log,
}: RunnerOptions): JobRunner {
  const index = watchedIndex(masterIndex(config.cachedir));

  async function isQuick(fun: string): Promise<boolean> {
    // Code of an operator's own runs nowhere but in processes of its own.
    if (pluginNamed({ index: index() }, 'modules', fun.split('.')[0] ?? '')) return false;
    try {
      return (await findFunction(fun, builtinModules)).quick === true;
    } catch {
      // There is no such function: saying so is quick.
      return true;
    }
  }

  return {
    isQuick,
    async run(order, control) {
      if (!(await isQuick(order.fun)))
        return runInProcess(order, host, { script, environment: { configDir, flags, grains: grains() } }, control);
      const { jid, fun, arg, kwarg } = order;
      try {
        const { ask, sendEvent } = host;
        let told = 0;
        const value = await callWithMaster({
          jid,
          fun,
          args: arg,
          kwargs: kwarg,
          config,
          configDir,
          grains: grains(),
          ask,
          sendEvent: (tag, data) => sendEvent(tag, data, jid),
          secrets,
          clock,
          log,
          signal: control.term,
          onFailed: (retcode) => (told = retcode),
          builtinOnly: true,
        });
        return outcomeOf(fun, value, told);
      } catch (thrown) {
        return failedReturn(messageOf(thrown));
      }
    },
  };
}
