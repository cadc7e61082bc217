import type { Clock } from '../../lib/clock.ts';
import type { MasterCall } from '../../lib/contracts/orchestration.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { createRedactor } from '../../lib/secrets/redactor.ts';
import type { Away } from '../jobs/listing.ts';
import type { Jobs } from '../jobs/ledger.ts';
import { standInFunctions } from '../orchestrate/functions.ts';
import { runOnMinions, withReturns } from '../orchestrate/minion-jobs.ts';
import type { StandIn } from '../orchestrate/run-states.ts';
import type { Caller } from '../orchestrate/steps.ts';
import type { PillarOf } from '../pillar.ts';
import type { Publisher } from '../publisher.ts';
import type { RunnerTable } from './runner.ts';
import { secondsOf } from './values.ts';

export interface SaltRunnerParts {
  readonly jobs: Jobs;
  readonly publisher: Publisher;
  readonly away: Away;
  readonly clock: Clock;
  readonly config: Pick<MasterConfig, 'timeout'>;
  readonly standIn: Pick<StandIn, 'id' | 'grains' | 'opts'>;
  readonly pillarOf: PillarOf;
  /** Calls a function of the master that only looks. Raises `TS_ORCHESTRATION_NOT_READING` for another one. */
  readonly read: (call: MasterCall, caller: Caller) => Promise<Json>;
}

/** Salt's runner `salt`: execution functions by way of the master. */
export function saltRunners(parts: SaltRunnerParts) {
  return {
    'salt.execute': {
      summary:
        'runs a function on minions and gives what each returned, `false` for one that gave no answer, and of the larger ones the beginning where all are more than 12 MiB; called by a reaction, or with `--async`, it gives the job, and waits for nobody',
      takes: ['tgt', 'fun', 'arg', 'timeout', 'tgt_type', 'kwarg'],
      needs: 2,
      begins: true,
      async run({ tgt = '', fun = '', arg = [], timeout, tgt_type = 'glob', kwarg = {} }, caller) {
        const { jobs, publisher, away, clock, config } = parts;
        if (!isMap(kwarg)) throw runnerErrors.badArgument({ name: 'kwarg', expected: 'a map', given: asText(kwarg) });
        const seconds = secondsOf('timeout', timeout, config.timeout);
        const request = {
          tgt: Array.isArray(tgt) ? tgt.map(asText) : asText(tgt),
          tgt_type: asText(tgt_type),
          fun: asText(fun),
          arg: Array.isArray(arg) ? arg : [arg],
          kwarg: kwarg as JsonMap,
        };
        const user = caller.user ?? 'operator';
        // Whoever may call this may call no more by it than they may themselves.
        const wish = { side: 'minion', fun: request.fun, args: request.arg, kwargs: request.kwarg } as const;
        caller.permit?.(wish);
        const { minions: meant, byPillar } = publisher.meant(request);
        caller.permit?.({ ...wish, minions: meant, byPillar });
        const once = caller.once ?? `salt.execute ${jobs.newJid()}`;
        if (caller.waits === false) {
          const resolved = publisher.resolve(request, { user, takeWithinMs: seconds * 1000 });
          const { jid, minions } = await publisher.publish(resolved, { once, origin: caller });
          return { jid, minions: [...minions] };
        }
        const endings = await runOnMinions(
          { ...request, timeout: seconds, tolerated: 0, forgiven: [] },
          { once, user, origin: caller, timeoutSeconds: seconds, signal: new AbortController().signal },
          { jobs, publisher, notConnected: away, clock },
        );
        const all = await withReturns(endings, jobs);
        return Object.fromEntries(all.map(({ id, answered, return: value }) => [id, answered ? value : false]));
      },
    },
    'salt.cmd': {
      summary:
        'runs an execution function here, of those that look at no machine and change nothing: `config`, `grains`, `hashutil`, `match`, `pillar`, `test`, `mine.get`, `saltutil.runner`, `saltutil.wheel`; `with_pillar` has it see the pillar of the master',
      takes: ['fun'],
      anything: true,
      async run({ args = [], kwargs = {} }, caller) {
        const { fun: named, with_pillar: withPillar = false, ...kwarg } = kwargs as JsonMap;
        const [fun, ...arg] = named === undefined ? (args as Json[]) : [named, ...(args as Json[])];
        if (fun === undefined) throw runnerErrors.missing({ fun: 'salt.cmd', name: 'fun' });
        const { id, grains, opts } = parts.standIn;
        const { pillar, secrets } =
          withPillar === true ? await parts.pillarOf(id, grains, {}) : { pillar: {}, secrets: [] };
        const here = standInFunctions({ id, grains, pillar, opts }, (call) => parts.read(call, caller));
        return createRedactor([...secrets]).data(await here.call(asText(fun), arg, kwarg));
      },
    },
  } satisfies RunnerTable;
}
