import { describe } from '../../lib/describe.ts';
import type { TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import type { Yaml } from '../../lib/yaml/maps.ts';
import { placeOf, type Argument } from './declaration.ts';

/* The arguments that every state takes, besides requisites. */

/** A condition on running: text for a shell, or an execution function. */
export type Condition =
  | string
  | {
      readonly fun: string;
      readonly args: readonly Yaml[];
      readonly kwargs: Readonly<Record<string, Yaml>>;
      /** The part of the answer that counts, as a path with colons. */
      readonly part: string | undefined;
    };

/** Again until the result is as wanted, at most so often. Times in seconds. */
export interface Retry {
  readonly attempts: number;
  readonly until: boolean;
  readonly interval: number;
  /** Up to so many seconds more, by chance. */
  readonly splay: number;
}

export type Order = number | 'first' | 'last' | undefined;

export interface CommonArguments {
  readonly order: Order;
  readonly failhard: boolean | undefined;
  readonly unless: readonly Condition[];
  readonly onlyif: readonly Condition[];
  readonly creates: readonly string[];
  /** Commands that decide, after the state, whether it succeeded. */
  readonly checks: readonly string[];
  readonly retry: Retry | undefined;
  /** Later states that do not wait for it go on beside it. */
  readonly parallel: boolean;
  /** Does what others of its kind have to do, too, in one go; left to the configuration when undefined. */
  readonly aggregate: boolean | undefined;
  /** Its result becomes an event: with a tag of its own, or Salt's. */
  readonly event: string | boolean;
  /** What it may have changed that later states see. */
  readonly reloads: readonly ('grains' | 'pillar')[];
  /** How its conditions are run. */
  readonly runas: string | number | undefined;
  readonly umask: number | undefined;
  /** Arguments of a command that its conditions do not share. */
  readonly notForConditions: readonly string[];
}

/** Their names, for suggestions and for what is not the function's own. */
export const commonNames = [
  'name',
  'names',
  'order',
  'failhard',
  'unless',
  'onlyif',
  'creates',
  'check_cmd',
  'retry',
  'parallel',
  'aggregate',
  'fire_event',
  'reload_grains',
  'reload_pillar',
  'reload_modules',
  'runas',
  'umask',
  'cmd_opts_exclude',
  'onfail_stop',
] as const;

const engineArguments = commonNames.filter((name) => name !== 'name' && name !== 'names');

const none: CommonArguments = {
  order: undefined,
  failhard: undefined,
  unless: [],
  onlyif: [],
  creates: [],
  checks: [],
  retry: undefined,
  parallel: false,
  aggregate: undefined,
  event: false,
  reloads: [],
  runas: undefined,
  umask: undefined,
  notForConditions: [],
};

/** What Salt has for every state and is not here. */
export const notYetSupported: ReadonlySet<string> = new Set(['saltenv', 'runas_password', 'provider']);

/** Reads them; what has another shape than it has to have is in `errors`. `own` names the function's own arguments. */
export function commonArguments(
  args: ReadonlyMap<string, Argument>,
  own: ReadonlySet<string>,
  errors: TsaltError[],
): CommonArguments {
  // Most states say nothing of the kind.
  if (!engineArguments.some((name) => args.has(name))) return none;
  const read = <T>(name: string, expected: string, otherwise: T, convert: (value: Yaml) => T | undefined): T => {
    const argument = args.get(name);
    if (argument === undefined) return otherwise;
    const value = convert(argument.value);
    if (value !== undefined) return value;
    // A function that has this one as its own says itself what it takes.
    if (own.has(name)) return otherwise;
    const place = placeOf(argument, 'value');
    errors.push(stateErrors.badValue({ name, expected, found: describe(argument.value) }, { place }));
    return otherwise;
  };
  const flag = (name: string): boolean => read(name, 'true or false', false, booleanOf);
  const conditions = 'a command, or a list of commands';
  const texts = 'a text, or a list of texts';
  flag('reload_modules');
  flag('onfail_stop');
  return {
    order: read<Order>('order', "a whole number, 'first' or 'last'", undefined, (value) =>
      value === 'first' || value === 'last' || isWhole(value) ? value : undefined,
    ),
    failhard: read<boolean | undefined>('failhard', 'true or false', undefined, booleanOf),
    unless: read<readonly Condition[]>('unless', conditions, [], conditionsOf),
    onlyif: read<readonly Condition[]>('onlyif', conditions, [], conditionsOf),
    creates: own.has('creates') ? [] : read('creates', 'a path, or a list of paths', [], textsOf),
    checks: own.has('check_cmd') ? [] : read('check_cmd', conditions, [], textsOf),
    retry: read<Retry | undefined>('retry', retryExpected, undefined, retryOf),
    parallel: flag('parallel'),
    aggregate: read<boolean | undefined>('aggregate', 'true or false', undefined, booleanOf),
    event: read<string | boolean>('fire_event', 'true, false or a tag', false, (value) =>
      typeof value === 'string' || typeof value === 'boolean' ? value : undefined,
    ),
    reloads: [
      ...(flag('reload_grains') ? ['grains' as const] : []),
      ...(flag('reload_pillar') ? ['pillar' as const] : []),
    ],
    runas: read<string | number | undefined>('runas', 'a user', undefined, (value) =>
      typeof value === 'string' || isWhole(value) ? value : undefined,
    ),
    umask: read<number | undefined>('umask', 'a umask, such as 022', undefined, umaskOf),
    notForConditions: read('cmd_opts_exclude', texts, [], textsOf),
  };
}

function booleanOf(value: Yaml): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function isWhole(value: Yaml): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

function textsOf(value: Yaml): readonly string[] | undefined {
  const all = Array.isArray(value) ? value : [value];
  return all.every((text) => typeof text === 'string') ? all : undefined;
}

/** Octal digits, as text or as the number that YAML makes of them. */
function umaskOf(value: Yaml): number | undefined {
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^0?[0-7]{1,3}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** `unless` or `onlyif` as written; undefined for what can't be a condition. A boolean is its own answer, as text for a shell. */
function conditionsOf(value: Yaml): readonly Condition[] | undefined {
  const items = Array.isArray(value) ? value : [value];
  const conditions = items.map((item): Condition | undefined => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean') return item ? 'true' : 'false';
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
    const { fun, args, get_return: part, ...kwargs } = item;
    if (typeof fun !== 'string' || (part !== undefined && typeof part !== 'string')) return undefined;
    return { fun, args: Array.isArray(args) ? args : [], kwargs, part };
  });
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined;
}

const retryExpected = "true, or a map of 'attempts', 'until', 'interval' and 'splay'";
const retryDefaults: Retry = { attempts: 2, until: true, interval: 30, splay: 0 };

function retryOf(value: Yaml): Retry | undefined {
  if (typeof value === 'boolean') return value ? retryDefaults : { ...retryDefaults, attempts: 0 };
  if (!isMap(value)) return undefined;
  const fits = Object.entries(value).every(([name, given]) =>
    name === 'until'
      ? typeof given === 'boolean'
      : Object.hasOwn(retryDefaults, name) && typeof given === 'number' && given >= 0,
  );
  return fits ? { ...retryDefaults, ...(value as Partial<Retry>) } : undefined;
}
