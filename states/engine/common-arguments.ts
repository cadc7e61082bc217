import * as v from 'valibot';
import { describe } from '../../lib/describe.ts';
import type { TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { nodeOf, saidOf } from '../../lib/schema/node.ts';
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
  /** The environment its sources are from, where that is not its file's. */
  readonly saltenv: string | undefined;
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

const flag = v.boolean('true or false');
const seconds = v.pipe(v.number(), v.minValue(0));
const texts = (words: string) =>
  v.pipe(
    v.union([v.string(), v.array(v.string())], words),
    v.transform((given): readonly string[] => [given].flat()),
  );
/** A boolean is its own answer, as text for a shell. */
const condition = v.union([
  v.string(),
  v.boolean(),
  v.looseObject({ fun: v.string(), args: v.optional(v.unknown()), get_return: v.optional(v.string()) }),
]);
const conditions = v.pipe(
  v.union([condition, v.array(condition)], 'a command, or a list of commands'),
  v.transform((given) => [given].flat().map(conditionOf)),
);
const retryDefaults: Retry = { attempts: 2, until: true, interval: 30, splay: 0 };
const retry = v.pipe(
  v.union(
    [
      v.boolean(),
      v.pipe(
        v.custom<object>(isMap),
        v.strictObject({
          attempts: v.optional(seconds, retryDefaults.attempts),
          until: v.optional(v.boolean(), retryDefaults.until),
          interval: v.optional(seconds, retryDefaults.interval),
          splay: v.optional(seconds, retryDefaults.splay),
        }),
      ),
    ],
    "true, or a map of 'attempts', 'until', 'interval' and 'splay'",
  ),
  v.transform((given): Retry => {
    if (typeof given !== 'boolean') return given;
    return given ? retryDefaults : { ...retryDefaults, attempts: 0 };
  }),
);
/** Octal digits, as text or as the number that YAML makes of them. */
const umask = v.pipe(
  v.union([v.number(), v.string()], 'a umask, such as 022'),
  v.transform(String),
  v.regex(/^0?[0-7]{1,3}$/, 'a umask, such as 022'),
  v.transform((digits) => Number.parseInt(digits, 8)),
);

/** What they may be, and what they say of a state. */
export const commonSchemas = {
  order: {
    summary: 'Where it comes among the states: a number counts from the front, a negative one from the end.',
    schema: v.union(
      [v.pipe(v.number(), v.integer()), v.literal('first'), v.literal('last')],
      "a whole number, 'first' or 'last'",
    ),
  },
  saltenv: {
    summary: 'The environment that its sources (`salt://`) are from; else that of its file.',
    schema: v.string('an environment'),
  },
  failhard: { summary: 'The run ends if it fails.', schema: flag },
  unless: { summary: 'It is run only if these commands fail.', schema: conditions },
  onlyif: { summary: 'It is run only if these commands succeed.', schema: conditions },
  creates: { summary: 'It is run only if one of these files is missing.', schema: texts('a path, or a list of paths') },
  check_cmd: {
    summary: 'Commands that decide, after it, whether it succeeded.',
    schema: texts('a command, or a list of commands'),
  },
  retry: { summary: 'It is tried again until its result is as wanted.', schema: retry },
  parallel: { summary: 'Later states that do not wait for it go on beside it.', schema: flag },
  aggregate: { summary: 'Does what others of its kind have to do, too, in one go.', schema: flag },
  fire_event: {
    summary: "Its result becomes an event, with Salt's tag or one of its own.",
    schema: v.union([v.boolean(), v.string()], 'true, false or a tag'),
  },
  reload_grains: { summary: 'Later states see the grains anew.', schema: flag },
  reload_pillar: { summary: 'Later states see the pillar anew.', schema: flag },
  reload_modules: { summary: "Salt's; it has no effect here.", schema: flag },
  runas: {
    summary: 'The user that its conditions are run as.',
    schema: v.union([v.string(), v.pipe(v.number(), v.integer())], 'a user'),
  },
  umask: { summary: 'The umask that its conditions are run with.', schema: umask },
  cmd_opts_exclude: {
    summary: 'Arguments of a command that its conditions do not share.',
    schema: texts('a text, or a list of texts'),
  },
  onfail_stop: { summary: "Salt's; it has no effect here.", schema: flag },
} as const;

type EngineArgument = keyof typeof commonSchemas;
const engineArguments = Object.keys(commonSchemas) as readonly EngineArgument[];

/** Their names, for suggestions and for what is not the function's own. */
export const commonNames: readonly string[] = ['name', 'names', ...engineArguments];

const none: CommonArguments = {
  order: undefined,
  saltenv: undefined,
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
export const notYetSupported: ReadonlySet<string> = new Set(['runas_password', 'provider']);

/** Reads them; what has another shape than it has to have is in `errors`. `own` names the function's own arguments. */
export function commonArguments(
  args: ReadonlyMap<string, Argument>,
  own: ReadonlySet<string>,
  errors: TsaltError[],
): CommonArguments {
  // Most states say nothing of the kind.
  if (!engineArguments.some((name) => args.has(name))) return none;
  type Given<Name extends EngineArgument> = v.InferOutput<(typeof commonSchemas)[Name]['schema']>;
  const read = <Name extends EngineArgument>(name: Name): Given<Name> | undefined => {
    const argument = args.get(name);
    if (argument === undefined) return undefined;
    const parsed = v.safeParse(commonSchemas[name].schema, argument.value);
    if (parsed.success) return parsed.output as Given<Name>;
    // A function that has this one as its own says itself what it takes.
    if (own.has(name)) return undefined;
    const expected = wordsOf(commonSchemas[name].schema);
    const place = placeOf(argument, 'value');
    errors.push(stateErrors.badValue({ name, expected, found: describe(argument.value) }, { place }));
    return undefined;
  };
  read('reload_modules');
  read('onfail_stop');
  return {
    order: read('order'),
    saltenv: read('saltenv'),
    failhard: read('failhard'),
    unless: read('unless') ?? [],
    onlyif: read('onlyif') ?? [],
    creates: own.has('creates') ? [] : (read('creates') ?? []),
    checks: own.has('check_cmd') ? [] : (read('check_cmd') ?? []),
    retry: read('retry'),
    parallel: read('parallel') ?? false,
    aggregate: read('aggregate'),
    event: read('fire_event') ?? false,
    reloads: [
      ...(read('reload_grains') === true ? ['grains' as const] : []),
      ...(read('reload_pillar') === true ? ['pillar' as const] : []),
    ],
    runas: read('runas'),
    umask: read('umask'),
    notForConditions: read('cmd_opts_exclude') ?? [],
  };
}

function wordsOf(schema: v.GenericSchema): string {
  return saidOf(nodeOf(schema)) ?? 'something else';
}

function conditionOf(given: v.InferOutput<typeof condition>): Condition {
  if (typeof given === 'string') return given;
  if (typeof given === 'boolean') return given ? 'true' : 'false';
  const { fun, args, get_return: part, ...kwargs } = given;
  // It came out of YAML.
  return { fun, args: Array.isArray(args) ? (args as Yaml[]) : [], kwargs: kwargs as Record<string, Yaml>, part };
}
