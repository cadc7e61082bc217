import { describe } from '../describe.ts';
import { customErrors } from '../errors/custom.ts';
import { didYouMean, type ErrorDetails, type TsaltError } from '../errors/error.ts';
import { moduleErrors } from '../errors/module.ts';
import { isMap } from '../json.ts';
import { nearest } from '../nearest.ts';

/** What is not as it has to be in a default export, and the way to it. */
export interface Misshape {
  readonly path: readonly string[];
  readonly at: 'key' | 'value';
  readonly error: (details: ErrorDetails) => TsaltError;
}

/** What the default export of a file has to be. */
export interface Shape {
  /** Names of the functions in it; none where the file itself is the one thing. */
  names(value: unknown): readonly string[];
  misshapes(value: unknown): readonly Misshape[];
}

interface Part {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  readonly mayLack?: boolean;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isListOf = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);
const isSchema = (value: unknown): boolean => isMap(value) && value['kind'] === 'schema' && '~run' in value;

const summary: Part = { expected: 'one sentence that says what it is for', fits: isText };
const fun = (expected: string): Part => ({ expected, fits: isFunction });
const schema: Part = {
  expected: 'a schema of its arguments: v.strictObject({ ... })',
  fits: (value) => isSchema(value) && isMap(value) && value['type'] === 'strict_object',
};
const optional = (part: Part): Part => ({ ...part, mayLack: true });
const flag: Part = optional({ expected: 'true or false', fits: (value) => typeof value === 'boolean' });
const text: Part = optional({ expected: 'text', fits: isText });

const domains = ['files', 'packages', 'services', 'accounts', 'databases'];

const functionParts = {
  summary,
  args: schema,
  run: fun('a function: run(args, context)'),
  rest: text,
  keywords: text,
  quick: flag,
  sync: flag,
};
const stateParts = {
  summary,
  example: { expected: 'YAML that shows how it is written', fits: (value: unknown) => typeof value === 'string' },
  args: schema,
  reads: {
    expected: `a list of what it looks at (${domains.join(', ')}), which may be empty`,
    fits: (value: unknown) => isListOf(value, (item) => domains.some((domain) => domain === item)),
  },
  read: fun('a function: read(args, machine)'),
  plan: fun('a function: plan(args, facts)'),
  keywords: text,
  ...Object.fromEntries(
    ['check', 'needs', 'templates', 'grainsAfter', 'aggregate', 'report', 'refresh'].map((name) => [
      name,
      optional(fun('a function')),
    ]),
  ),
};
const runnerParts = {
  summary,
  takes: {
    expected: 'a list of the names of its arguments, which may be empty',
    fits: (value: unknown) => isListOf(value, isText),
  },
  needs: optional({ expected: 'a number of arguments', fits: (value) => Number.isSafeInteger(value) }),
  run: fun('a function: run(args, context)'),
};
const beaconParts = {
  summary,
  parameters: { expected: 'a schema of what it takes: v.strictObject({ ... })', fits: isSchema },
  start: fun('a function: start(parameters, context)'),
};

const returnerParts = {
  summary,
  settings: { expected: 'a schema of what it takes in config: v.strictObject({ ... })', fits: isSchema },
  open: fun('a function: open(settings, context)'),
};

/** A file of `_modules`: what `defineModule` makes. */
export const functionsShape = mapShape(
  'defineModule({ name: defineFunction({ ... }) })',
  (value) => (isMap(value) && isMap(value['functions']) ? value['functions'] : undefined),
  functionParts,
);

/** A file of `_states`: a map of what `defineState` makes. */
export const statesShape = mapShape('{ name: defineState({ ... }) }', asMap, stateParts);

/** A file of `_runners`: a map of what `defineRunner` makes. */
export const runnersShape = mapShape('{ name: defineRunner({ ... }) }', asMap, runnerParts);

/** A file of `_beacons`: what `defineBeacon` makes. */
export const beaconShape = oneShape('defineBeacon({ ... })', beaconParts);

/** A file of `_returners`: what `defineReturner` makes. */
export const returnerShape = oneShape('defineReturner({ ... })', returnerParts);

/** A file of `_grains`: the function that `defineGrains` takes. */
export const grainsShape: Shape = {
  names: () => [],
  misshapes: (value) =>
    isFunction(value) ? [] : [notDefault('a function that gives grains: defineGrains((context) => ({ ... }))', value)],
};

function asMap(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isMap(value) ? value : undefined;
}

/** The file is the one thing. */
function oneShape(expected: string, parts: Readonly<Record<string, Part>>): Shape {
  return {
    names: () => [],
    misshapes: (value) => (isMap(value) ? partsOf(value, [], parts) : [notDefault(expected, value)]),
  };
}

function mapShape(
  expected: string,
  functionsOf: (value: unknown) => Readonly<Record<string, unknown>> | undefined,
  parts: Readonly<Record<string, Part>>,
): Shape {
  return {
    names: (value) => Object.keys(functionsOf(value) ?? {}),
    misshapes(value) {
      const functions = functionsOf(value);
      if (!functions) return [notDefault(expected, value)];
      return Object.entries(functions).flatMap(([name, one]) => {
        if (!/^[A-Za-z]\w*$/.test(name))
          return [
            { path: [name], at: 'key', error: (details: ErrorDetails) => customErrors.badName({ name }, details) },
          ];
        return isMap(one) ? partsOf(one, [name], parts) : [wrong([name], 'a map of its parts', one)];
      });
    },
  };
}

function notDefault(expected: string, value: unknown): Misshape {
  const found = value === undefined ? 'nothing' : kindOf(value);
  return { path: [], at: 'value', error: (details) => moduleErrors.badDefault({ expected, found }, details) };
}

function wrong(path: readonly string[], expected: string, value: unknown): Misshape {
  const name = path.at(-1) ?? '';
  const found = kindOf(value);
  return { path, at: 'value', error: (details) => moduleErrors.otherKind({ name, expected, found }, details) };
}

function partsOf(
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
  parts: Readonly<Record<string, Part>>,
): Misshape[] {
  const found: Misshape[] = [];
  const unknown = new Set(Object.keys(value).filter((name) => !Object.hasOwn(parts, name)));
  for (const [name, { expected, fits, mayLack = false }] of Object.entries(parts)) {
    const own = value[name];
    if (own !== undefined && !fits(own)) found.push(wrong([...path, name], expected, own));
    if (own !== undefined || mayLack) continue;
    const misspelt = nearest(name, unknown);
    if (misspelt !== undefined) continue;
    const error = (details: ErrorDetails): TsaltError =>
      customErrors.missingPart({ name: [...path, name].join('.'), expected }, details);
    found.push({ path, at: 'key', error });
  }
  for (const name of unknown) {
    const hint = didYouMean(nearest(name, Object.keys(parts))) ?? `there are ${Object.keys(parts).join(', ')}`;
    const error = (details: ErrorDetails): TsaltError => customErrors.unknownPart({ name }, { hint, ...details });
    found.push({ path: [...path, name], at: 'key', error });
  }
  return found;
}

function kindOf(value: unknown): string {
  return typeof value === 'function' ? 'a function' : describe(value);
}
