import type * as v from 'valibot';
import type { AnyStateFunction, StateRegistry } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { jsonSchemaOf } from '../../lib/schema/json-schema.ts';
import { defaultOf, isOptional, nodeOf } from '../../lib/schema/node.ts';
import { words } from '../../lib/schema/words.ts';
import { commonSchemas } from '../../states/engine/common-arguments.ts';
import { requisiteKinds, requisiteSummaries, reversed, reversedKinds, useKinds } from '../../states/engine/common.ts';
import { sentence } from '../../lib/sentence.ts';
import { described, documentOf, quoted, when } from './document.ts';

const ref = (name: string): JsonMap => ({ $ref: `#/definitions/${name}` });

const noFunction = 'has to be a map of state functions, or one that needs no arguments, such as test.nop';

/** State files: ids, each with functions, each with arguments. A misspelt one is underlined where it stands. */
export async function statesSchema(registry: StateRegistry): Promise<JsonMap> {
  const functions = new Map<string, AnyStateFunction>();
  for (const name of registry.names) functions.set(name, await registry.load(name));
  const modules = [...new Set(registry.names.map((name) => name.split('.')[0] ?? ''))].sort();
  const bodyOf = (isExtension: boolean): JsonMap => ({
    type: isExtension ? 'object' : ['object', 'string'],
    minProperties: 1,
    properties: {
      ...Object.fromEntries([...functions].map(([name, state]) => [name, longForm(name, state)])),
      ...Object.fromEntries(modules.map((module) => [module, shortForm(module, functions, isExtension)])),
    },
    patternProperties: { '^__': {} },
    additionalProperties: false,
    // A text is a function without arguments.
    ...(!isExtension && when({ type: 'string' }, { enum: [...registry.names], errorMessage: noFunction })),
  });
  return documentOf('State files', {
    type: ['object', 'null'],
    properties: {
      include: {
        description: 'State files that come with this one: names, or `environment: name`.',
        type: 'array',
        items: {
          type: ['string', 'object'],
          minProperties: 1,
          maxProperties: 1,
          additionalProperties: { type: 'string' },
        },
      },
      extend: {
        description: 'What is added to states of other files.',
        type: 'object',
        additionalProperties: ref('extension'),
      },
      exclude: {
        description: 'State files and ids that are left out.',
        type: 'array',
        items: {
          type: ['string', 'object'],
          properties: { sls: { type: 'string' }, id: { type: 'string' } },
          minProperties: 1,
          maxProperties: 1,
          additionalProperties: false,
        },
      },
    },
    patternProperties: { '^__': {} },
    additionalProperties: ref('state'),
    definitions: {
      state: bodyOf(false),
      extension: bodyOf(true),
      targets: targetsSchema(modules),
      ...Object.fromEntries(Object.entries(common).map(([name, schema]) => [`every.${name}`, schema])),
      ...Object.fromEntries([...functions].map(([name, state]) => [name, argumentsOf(name, state)])),
    },
  });
}

/** `file.managed: [...]`. */
function longForm(name: string, state: AnyStateFunction): JsonMap {
  const errorMessage = "its arguments have to be a list: put '- ' before each";
  return described({ type: ['array', 'null'], items: ref(name), errorMessage }, ...summaryOf(state));
}

/** `file: [managed, ...]`: the word among the arguments tells which they are. */
function shortForm(module: string, all: ReadonlyMap<string, AnyStateFunction>, isExtension: boolean): JsonMap {
  const functions = [...all.keys()]
    .filter((name) => name.startsWith(`${module}.`))
    .map((name) => name.slice(module.length + 1));
  return {
    description: `Functions: ${functions.join(', ')}.`,
    type: 'array',
    items: { type: ['string', 'object'], ...when({ type: 'string' }, { enum: functions }) },
    ...(!isExtension && {
      contains: { type: 'string' },
      errorMessage: `needs a function: ${functions.map((fun) => `${module}.${fun}`).join(', ')}`,
    }),
    allOf: functions.map((fun) =>
      when({ contains: { const: fun } }, { items: when({ type: 'object' }, ref(`${module}.${fun}`)) }),
    ),
  };
}

export function summaryOf(state: AnyStateFunction): string[] {
  return [state.summary, ...(state.refresh ? ['Reacts to `watch` and `listen`.'] : [])];
}

/** What every state takes. */
const common: Readonly<Record<string, JsonMap>> = Object.fromEntries([
  ...Object.entries(commonSchemas).map(([name, { summary, schema }]) => [
    name,
    described(jsonSchemaOf(schema), summary),
  ]),
  ...[...requisiteKinds, ...reversedKinds, ...useKinds].map((kind) => [
    kind,
    { description: requisiteSummary(kind), allOf: [ref('targets')] },
  ]),
]) as Readonly<Record<string, JsonMap>>;

/** An argument of a function, besides those that every state takes. */
export interface OwnArgument {
  readonly name: string;
  readonly schema: v.GenericSchema;
  /** What editors show of it. */
  readonly description: string;
  readonly hasToBeGiven: boolean;
}

export function ownArguments({ args, keywords }: AnyStateFunction): OwnArgument[] {
  return Object.entries(args.entries)
    .filter(([name]) => name !== keywords)
    .map(([name, own]) => {
      const schema = own as v.GenericSchema;
      const node = nodeOf(schema);
      const otherwise = defaultOf(node);
      const hasToBeGiven = !isOptional(node) && name !== 'name';
      const sentences = [
        sentence(words(node, quoted)),
        ...(name === 'name' ? [theId] : []),
        ...(hasToBeGiven ? ['It has to be given.'] : []),
        ...(otherwise === undefined ? [] : [`${quoted(JSON.stringify(otherwise))} when it is left out.`]),
      ];
      return { name, schema, hasToBeGiven, description: sentences.join(' ') };
    });
}

const theId = 'The id, when it is left out.';

/** One or several arguments of a function, as an item of its list has them. */
function argumentsOf(name: string, state: AnyStateFunction): JsonMap {
  const { args, keywords } = state;
  const others = keywords === undefined ? undefined : args.entries[keywords];
  const own = ownArguments(state).map(
    ({ name: argument, schema, description }) => [argument, described(jsonSchemaOf(schema), description)] as const,
  );
  return {
    type: 'object',
    properties: {
      name: described({ type: 'string' }, theId),
      ...Object.fromEntries(own),
      names: {
        description: 'A state for each of these names; one may have arguments of its own.',
        type: 'array',
        items: {
          type: ['string', 'object'],
          maxProperties: 1,
          additionalProperties: { type: 'array', items: ref(name) },
        },
      },
      ...Object.fromEntries(
        Object.keys(common)
          .filter((every) => !Object.hasOwn(args.entries, every))
          .map((every) => [every, ref(`every.${every}`)]),
      ),
    },
    additionalProperties: others ? (jsonSchemaOf(others as v.GenericSchema)['additionalProperties'] ?? true) : false,
  };
}

export function requisiteSummary(kind: string): string {
  const opposite = reversed(kind);
  if (opposite !== undefined) return `What \`${opposite}\` says, from the other end: these states have it of this one.`;
  return requisiteSummaries[kind as keyof typeof requisiteSummaries];
}

/** A list of ids, and of maps from module to id or name. */
function targetsSchema(modules: readonly string[]): JsonMap {
  const name: JsonMap = { type: ['string', 'number'] };
  return {
    type: 'array',
    errorMessage: "has to be a list of '- module: id', or ids",
    items: {
      type: ['string', 'object'],
      minProperties: 1,
      properties: {
        ...Object.fromEntries(
          modules.map((module) => [module, described(name, `The id or name of a state of ${module}.`)]),
        ),
        sls: described(name, 'A state file: all its states.'),
        id: described(name, 'The id or name of any state.'),
      },
      patternProperties: { [`^(?:${modules.join('|')})\\.`]: name },
      additionalProperties: false,
    },
  };
}
