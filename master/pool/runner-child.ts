import { systemClock } from '../../lib/clock.ts';
import type { CustomRunner, RunnerContext } from '../../lib/contracts/runner.ts';
import type { JobOutcome } from '../../lib/contracts/reactor.ts';
import type { LoadedCustom } from '../../lib/custom/load.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { serve } from '../../lib/system/child/serve.ts';
import { bindRunner } from '../runners/bind.ts';
import type { OwnCode } from '../own-code.ts';
import type { RunnerOrder } from '../runners/custom.ts';
import { loadOwn } from './load-own.ts';

/*
 * The program of a process for one use of a runner of an operator's own: `load` gives what functions a file has, `call` runs
 * one. What the runner does through its context is asked of the master, which has the real one.
 */

interface Loaded {
  readonly runners: Readonly<Record<string, CustomRunner>>;
  readonly during: LoadedCustom['during'];
}

let loaded: Loaded | undefined;

const master = serve(async (what, of) => {
  // The master says nothing else.
  if (what === 'load') return load(of as unknown as OwnCode);
  if (what === 'call' && loaded) return call(of as unknown as RunnerOrder, loaded);
  throw new RangeError(`not answered here: ${what}`);
});

async function load(code: OwnCode): Promise<Json> {
  const { value, during } = await loadOwn(code);
  // Of what is only looked at, nothing is called.
  if (code.kind !== 'runners') return [];
  // Its kind's shape has it.
  const runners = value as Loaded['runners'];
  loaded = { runners, during };
  return Object.entries(runners).map(([name, { summary, takes, needs = 0 }]) => ({
    name,
    summary,
    takes: [...takes],
    needs,
  }));
}

async function call({ fun, arg, kwarg }: RunnerOrder, { runners, during }: Loaded): Promise<Json> {
  const [module = '', name = ''] = fun.split('.');
  const runner = Object.hasOwn(runners, name) ? runners[name] : undefined;
  if (!runner) {
    const near = nearest(name, Object.keys(runners));
    const hint = didYouMean(near && `${module}.${near}`) ?? `it has ${Object.keys(runners).join(', ')}`;
    throw runnerErrors.unknown({ fun }, { hint });
  }
  const args = bindRunner(fun, runner, arg, kwarg);
  return during(async () => {
    const text = JSON.stringify(await runner.run(args, context));
    return text === undefined ? null : (JSON.parse(text) as Json);
  });
}

// Each answer has the shape that the contract gives its method.
const ask = async <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
  (await master.ask('context', { method, args: args as Json[] })) as T;

const context: RunnerContext = {
  clock: systemClock,
  log: (level, message, facts = {}) => void ask('log', level, message, { ...facts } as JsonMap).catch(() => {}),
  call: (client, fun, kwarg = {}, arg = []) => ask<Json>('call', client, fun, kwarg, arg),
  publish: (request) => ask('publish', request),
  outcome: (jid, id) => ask<JobOutcome>('outcome', jid, id),
  fire: (tag, data) => ask('fire', tag, data),
};
