import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type StateRequest } from '../../lib/contracts/execution.ts';
import { isJsonMap, type Json, type JsonMap } from '../../lib/json.ts';

const names = v.optional(v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())]))]), []);
const pillar = v.optional(v.custom<JsonMap>(isJsonMap, 'a map'), {});
const test = v.optional(v.boolean());
/** Salt's word for waiting until another run is over, which every run does here unless it is false. */
const queue = v.optional(v.boolean());
/** Each state's result is an event at the master. */
const state_events = v.optional(v.boolean());

const named = v.strictObject({ mods: names, test, pillar, queue, state_events });
const whole = v.strictObject({ test, pillar, queue, state_events });

type Named = v.InferOutput<typeof named>;

function run(
  { mods, test: wanted, pillar: over, queue: waits, state_events: stateEvents }: Named,
  context: ExecContext,
) {
  const request: StateRequest = {
    sls: list(mods),
    test: wanted ?? isTest(context.opts['test']),
    pillar: over,
    queue: waits,
    stateEvents,
  };
  return context.applyStates(request);
}

/** `a,b`, `[a, b]`, or several words. */
function list(mods: Named['mods']): string[] {
  return [mods]
    .flat(2)
    .flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function isTest(value: Json | undefined): boolean {
  return value === true;
}

/** State runs. */
export default defineModule({
  apply: defineFunction({
    summary: 'Applies the named state files, or the highstate when none are named.',
    args: named,
    rest: 'mods',
    run,
  }),
  sls: defineFunction({
    summary: 'Applies the named state files.',
    args: v.strictObject({
      ...named.entries,
      mods: v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())]))]),
    }),
    rest: 'mods',
    run,
  }),
  highstate: defineFunction({
    summary: 'Applies the states that the top file means for this minion.',
    args: whole,
    run: (given, context) => run({ mods: [], ...given }, context),
  }),
  test: defineFunction({
    summary: 'Says what the named state files, or the highstate, would change.',
    args: v.strictObject({ mods: names, pillar, queue, state_events }),
    rest: 'mods',
    run: (given, context) => run({ ...given, test: true }, context),
  }),
});
