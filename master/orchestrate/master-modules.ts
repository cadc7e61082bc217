import * as v from 'valibot';
import { defineFunction, defineModule, type ExecModule } from '../../lib/contracts/execution.ts';
import type { MasterCall } from '../../lib/contracts/orchestration.ts';
import type { Json, JsonMap } from '../../lib/json.ts';

/* `saltutil` and `mine` where the master stands in for a minion: they ask its own functions, those that only look. */

/** Asks a function of the master. Raises `TS_ORCHESTRATION_NOT_READING` for one that does more than look. */
export type ReadMaster = (call: MasterCall) => Promise<Json>;

const map = v.optional(v.record(v.string(), v.unknown()), {});
const list = v.optional(v.array(v.unknown()), []);
const textOrTexts = v.union([v.string(), v.array(v.string())], 'a text or a list of texts');

export function saltutilModule(read: ReadMaster): ExecModule {
  return defineModule({
    runner: defineFunction({
      summary: 'What a runner of the master gives, of those that only look.',
      args: v.strictObject({
        name: v.string(),
        arg: list,
        kwarg: map,
        kwargs: map,
      }),
      keywords: 'kwargs',
      fetched: true,
      run: ({ name: fun, arg, kwarg, kwargs }) => read(callOf('runner', fun, arg, { ...kwarg, ...kwargs })),
    }),
    wheel: defineFunction({
      summary: 'What a wheel function of the master gives, of those that only look.',
      args: v.strictObject({
        name: v.string(),
        args: list,
        kwargs: map,
      }),
      rest: 'args',
      keywords: 'kwargs',
      fetched: true,
      run: ({ name: fun, args, kwargs }) => read(callOf('wheel', fun, args, kwargs)),
    }),
  });
}

export function mineModule(read: ReadMaster): ExecModule {
  return defineModule({
    get: defineFunction({
      summary: 'What the minions that a target means have told of a function, by their ids. All may be read.',
      args: v.strictObject({ tgt: textOrTexts, fun: textOrTexts, tgt_type: v.optional(v.string(), 'glob') }),
      fetched: true,
      run: ({ tgt, ...more }) => read(callOf('runner', 'mine.get', [], { ...more, tgt: [tgt].flat().join(',') })),
    }),
  });
}

/** Arguments have come out of a template, and are plain data. */
function callOf(
  client: MasterCall['client'],
  fun: string,
  arg: readonly unknown[],
  kwarg: Record<string, unknown>,
): MasterCall {
  return { client, fun, arg: arg as Json[], kwarg: kwarg as JsonMap };
}
