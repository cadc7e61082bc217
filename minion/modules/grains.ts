import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';
import {
  grainArgs,
  grainAt,
  grainValue,
  isSame,
  putAt,
  readGrains,
  wayOf,
  whyFixed,
  writeGrain,
} from '../../lib/system/grains-file.ts';
import { anything } from './arguments.ts';
import { dataFunctions } from './data.ts';

const { items, get, item, ls, has_key } = dataFunctions('grains', ({ grains }) => grains, true);

const { delimiter } = grainArgs;
const key = v.pipe(v.string(), v.minLength(1));
const flag = v.optional(v.boolean(), false);

/** Sets a grain in the file of grains (undefined: takes it away), for this run too; or says why not. */
async function put(
  { machine }: ExecContext,
  name: string,
  between: string,
  value: Json | undefined,
  force: boolean,
): Promise<{ readonly changes: JsonMap } | string> {
  const facts = readGrains(undefined, machine);
  const { keys } = wayOf({ name, delimiter: between });
  const [top, ...below] = keys;
  const fixed = whyFixed(facts, keys);
  if (fixed !== undefined) return fixed;
  const made = putAt(facts.grains[top], below, value, force, top);
  if (typeof made === 'string') return made;
  for (const step of writeGrain(facts, top, made.value)) await machine.perform(step);
  return { changes: { [top]: made.value ?? null } };
}

interface Answer {
  readonly result: boolean;
  readonly comment: string;
  readonly changes: JsonMap;
}

const isComplex = (value: Json | undefined): boolean => typeof value === 'object' && value !== null;

/** Sets a grain as Salt does, which takes no map or list from anybody who does not insist. */
async function set(
  context: ExecContext,
  given: { name: string; value: Json; force: boolean; destructive: boolean; delimiter: string },
): Promise<Answer> {
  const { name, value, force, destructive } = given;
  const { keys } = wayOf(given);
  const old = grainAt(readGrains(undefined, context.machine).grains, keys);
  if (isSame(old, value) && !(value === null && destructive))
    return { result: true, comment: 'Grain is already set', changes: {} };
  const kept = (why: string): Answer => {
    context.failed(1);
    return { result: false, comment: `The key '${name}' exists ${why}. Use 'force=True' to overwrite.`, changes: {} };
  };
  if (!force && isComplex(old)) return kept('but is a dict or a list');
  if (!force && isComplex(value) && old !== undefined && old !== null)
    return kept('and the given value is a dict or a list');
  const done = await put(context, name, given.delimiter, value === null && destructive ? undefined : value, force);
  if (typeof done !== 'string') return { result: true, comment: '', changes: done.changes };
  context.failed(1);
  return { result: false, comment: done, changes: {} };
}

/** Puts what `change` makes of a list of grains in its place; a sentence where there is nothing to do. */
async function changeList(
  context: ExecContext,
  name: string,
  between: string,
  change: (list: readonly Json[]) => readonly Json[] | string,
  convert = false,
): Promise<Json> {
  const { keys } = wayOf({ name, delimiter: between });
  const old = grainAt(readGrains(undefined, context.machine).grains, keys) ?? [];
  const list = Array.isArray(old) ? old : convert ? [old] : undefined;
  if (!list) return `The key ${name} is not a valid list`;
  const made = change(list);
  if (typeof made === 'string') return made;
  const done = await put(context, name, between, [...made], true);
  if (typeof done !== 'string') return done.changes;
  context.failed(1);
  return done;
}

const whole = v.strictObject({ key, destructive: flag, force: flag });

/** What the minion knows of its machine. What is set is in the file `grains` beside the config. */
export default defineModule({
  items,
  get,
  item,
  ls,
  has_key,
  fetch: get,
  has_value: defineFunction({
    summary: 'Whether grains have something at a:b:c.',
    args: v.strictObject({ key }),
    quick: true,
    sync: true,
    run: (given, { grains }) => lookUp(grains, given.key) !== undefined,
  }),
  equals: defineFunction({
    summary: 'Whether the grain at a:b:c is this value, both as text.',
    args: v.strictObject({ key, value: grainValue }),
    quick: true,
    sync: true,
    run: (given, { grains }) => textOf(lookUp(grains, given.key) ?? '') === textOf(given.value),
  }),
  set: defineFunction({
    summary: 'Sets a grain; a map or a list is only overwritten by `force`. Null with `destructive` takes it away.',
    args: v.strictObject({ key, val: v.optional(anything, ''), force: flag, destructive: flag, delimiter }),
    // It has come out of YAML or a message.
    run: ({ key: name, val, ...more }, context) => set(context, { name, value: val as Json, ...more }),
  }),
  setval: defineFunction({
    summary: 'Sets a grain, whatever it was.',
    args: v.strictObject({ key, val: grainValue, destructive: flag }),
    run: async ({ key: name, val, destructive }, context) => setAll({ [name]: val }, destructive, context),
  }),
  setvals: defineFunction({
    summary: 'Sets several grains, whatever they were.',
    args: v.strictObject({ grains: v.record(v.string(), grainValue), destructive: flag }),
    run: ({ grains, destructive }, context) => setAll(grains, destructive, context),
  }),
  append: defineFunction({
    summary: 'Puts a value, or several, at the end of a grain that is a list; with `convert` it becomes one.',
    args: v.strictObject({ key, val: grainValue, convert: flag, delimiter }),
    run: ({ key: name, val, convert, delimiter: between }, context) =>
      changeList(
        context,
        name,
        between,
        (list) =>
          list.some((one) => isSame(one, val))
            ? `The val ${textOf(val)} was already in the list ${name}`
            : [...list, ...[val].flat()],
        convert,
      ),
  }),
  remove: defineFunction({
    summary: 'Takes a value out of a grain that is a list.',
    args: v.strictObject({ key, val: grainValue, delimiter }),
    run: ({ key: name, val, delimiter: between }, context) =>
      changeList(context, name, between, (list) => {
        const at = list.findIndex((one) => isSame(one, val));
        return at < 0 ? `The val ${textOf(val)} was not in the list ${name}` : list.toSpliced(at, 1);
      }),
  }),
  delval: defineFunction({
    summary: 'Empties a grain; with `destructive` it is gone.',
    args: whole,
    run: ({ key: name, ...more }, context) => set(context, { name, value: null, delimiter: ':', ...more }),
  }),
  delkey: defineFunction({
    summary: 'Takes a grain away.',
    args: v.strictObject({ key, force: flag }),
    run: ({ key: name, force }, context) =>
      set(context, { name, value: null, delimiter: ':', force, destructive: true }),
  }),
});

async function setAll(
  grains: Readonly<Record<string, Json>>,
  destructive: boolean,
  context: ExecContext,
): Promise<Json> {
  for (const [name, value] of Object.entries(grains)) {
    // A name is one key here, whatever is in it.
    const done = await put(context, name, '\0', value === null && destructive ? undefined : value, true);
    if (typeof done !== 'string') continue;
    context.failed(1);
    return done;
  }
  return { ...grains };
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
