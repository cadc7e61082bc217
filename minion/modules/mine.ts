import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import type { MineEntries, MineEntry } from '../../lib/contracts/mine.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { mineFunctionsOf, readAllow, readMineFunctions, type MineDefinition } from '../../lib/mine/definitions.ts';
import { answerShape, namesOf } from '../../lib/mine/names.ts';
import { anything } from './arguments.ts';

const someText = v.pipe(v.string(), v.minLength(1));
const textOrTexts = v.union([v.string(), v.array(v.string())], 'a text or a list of texts');
const flag = v.optional(v.boolean(), false);
const none = v.strictObject({});

/** What functions of minions have answered, for other minions to read. */
export default defineModule({
  get: defineFunction({
    summary:
      'What the minions that a target means have told of a function, by their ids; of several (a list, or with commas) by function, too. What is not there, and what this minion may not read, is left out. Values of pillar in the target are compared without patterns. Without a master it is what this minion has told.',
    args: v.strictObject({
      tgt: textOrTexts,
      fun: textOrTexts,
      tgt_type: v.optional(v.string(), 'glob'),
      exclude_minion: flag,
    }),
    fetched: true,
    async run({ tgt, fun, tgt_type, exclude_minion: isExcluded }, { id, mine }) {
      const names = namesOf(fun);
      const answer = await mine.ask({ tgt: [tgt].flat().join(','), tgt_type, names: names.all });
      if (isExcluded) for (const values of Object.values(answer)) delete values[id];
      return answerShape(answer, names);
    },
  }),
  send: defineFunction({
    summary:
      'Runs a function and tells the mine its answer, under the name, which is the function unless `mine_function` says another. `allow_tgt` is a target: the only minions that may read it. False when the function fails.',
    args: v.strictObject({
      name: someText,
      args: v.optional(v.array(anything), []),
      mine_function: v.optional(someText),
      allow_tgt: v.optional(textOrTexts),
      allow_tgt_type: v.optional(v.string()),
      kwargs: v.optional(v.record(v.string(), anything), {}),
    }),
    rest: 'args',
    keywords: 'kwargs',
    async run({ name, args, mine_function: fun = name, kwargs, ...given }, context) {
      const allowed = readAllow(name, { ...kwargs, ...given });
      if ('option' in allowed) throw allowed.error();
      // Arguments have come out of YAML or a message.
      const definition = { name, fun, args: args as Json[], kwargs: kwargs as JsonMap, ...allowed };
      const entries = await mineEntries([definition], context);
      if (Object.keys(entries).length === 0) return false;
      await context.mine.tell(entries, false);
      return true;
    },
  }),
  update: defineFunction({
    summary:
      'Runs `mine_functions` of config and pillar (or those that are given: a map in the same form, or a list of functions) and tells the mine their answers; with `clear` in the place of all that was told before. Null when there are none. A function that fails keeps its last answer.',
    args: v.strictObject({
      clear: flag,
      mine_functions: v.nullish(
        // A list passes for a map.
        v.union([v.array(v.string()), v.record(v.string(), anything)], 'a map, or a list of functions'),
      ),
    }),
    async run({ clear, mine_functions: given }, context) {
      const asked = Array.isArray(given) ? Object.fromEntries(given.map((fun) => [fun, []])) : given;
      const isAsked = asked && Object.keys(asked).length > 0;
      const written = isAsked ? (asked as JsonMap) : mineFunctionsOf(context.pillar, context.opts);
      if (isMap(written) && Object.keys(written).length === 0) return null;
      await context.mine.tell(await mineEntries(validDefinitions(written, context), context), clear);
      return true;
    },
  }),
  delete: defineFunction({
    summary: 'Takes what this minion has told of one function out of the mine.',
    args: v.strictObject({ fun: someText }),
    async run({ fun }, { mine }) {
      await mine.forget(fun);
      return true;
    },
  }),
  flush: defineFunction({
    summary: 'Takes all that this minion has told out of the mine.',
    args: none,
    async run(_, { mine }) {
      await mine.forgetAll();
      return true;
    },
  }),
  valid: defineFunction({
    summary: 'What of `mine_functions` of config and pillar can be run, by name. Null when there are none.',
    args: none,
    async run(_, context) {
      const written = mineFunctionsOf(context.pillar, context.opts);
      if (isMap(written) && Object.keys(written).length === 0) return null;
      const there = await context.call('sys.list_functions', [], {});
      const known = validDefinitions(written, context).filter(({ fun }) => Array.isArray(there) && there.includes(fun));
      return Object.fromEntries(known.map((one) => [one.name, shown(one)]));
    },
  }),
});

/** As Salt shows it: with another name the function's arguments by the function, else what is written. */
function shown({ fun, args, kwargs, isAlias, written }: MineDefinition): Json {
  const named = Object.entries(kwargs).map(([key, value]) => ({ [key]: value }));
  if (isAlias) return { [fun]: [...args, ...named] };
  return isMap(written) ? kwargs : written;
}

/** What of `mine_functions` is right. What is wrong with the rest is logged, and the function counts as failed. */
function validDefinitions(written: Json, context: ExecContext): readonly MineDefinition[] {
  const { definitions, findings } = readMineFunctions(written);
  for (const { error } of findings) complain(context, error().message);
  return definitions;
}

/** What the functions answer now. One that can't answer is left out, logged, and the function counts as failed. */
async function mineEntries(
  definitions: readonly Pick<MineDefinition, 'name' | 'fun' | 'args' | 'kwargs' | 'allow'>[],
  context: ExecContext,
): Promise<MineEntries> {
  const entries: [string, MineEntry][] = [];
  for (const { name, fun, args, kwargs, allow } of definitions) {
    try {
      entries.push([name, { value: await context.call(fun, args, kwargs), ...(allow && { allow }) }]);
    } catch (thrown) {
      complain(context, messageOf(thrown), name);
    }
  }
  return Object.fromEntries(entries);
}

function complain(context: ExecContext, reason: string, entry?: string): void {
  context.log('error', 'something could not be told to the mine', { ...(entry !== undefined && { entry }), reason });
  context.failed(1);
}
