import type { ExecFunction, ModuleRegistry } from '../../lib/contracts/execution.ts';
import type { JsonMap } from '../../lib/json.ts';
import { nodeOf } from '../../lib/schema/node.ts';
import { words } from '../../lib/schema/words.ts';
import { targetTypes } from '../../lib/target/target.ts';
import { clients, localKeys } from '../../master/reactor/sls/reactions.ts';
import { sentence } from '../../lib/sentence.ts';
import { described, documentOf, quoted, when } from './document.ts';

/** A function of the master, as its tables have it. */
export interface MasterFunction {
  readonly name: string;
  readonly summary: string;
  readonly takes: readonly string[];
  readonly anything?: boolean;
}

export interface ReactorFunctions {
  readonly modules: ModuleRegistry;
  readonly runners: readonly MasterFunction[];
  readonly wheels: readonly MasterFunction[];
}

const anything: JsonMap = {};
const keys: Readonly<Record<string, JsonMap>> = {
  tgt: described({ type: ['string', 'array'], items: { type: 'string' } }, 'For whom: a target, or a list of minions.'),
  tgt_type: described({ enum: [...targetTypes] }, "How `tgt` is meant; 'glob' when nothing says so."),
  expr_form: described({ enum: [...targetTypes] }, "Salt's older word for `tgt_type`."),
  arg: described(anything, 'Arguments by their place.'),
  kwarg: described({ type: ['object', 'string'] }, 'Arguments by name.'),
  timeout: described({ type: 'number' }, "Salt's; it has no effect here."),
};

const ref = (name: string): JsonMap => ({ $ref: `#/definitions/${name}` });

/** Reactor files: names, each with a function of a minion, of the master or on keys. */
export async function reactorSchema({ modules, runners, wheels }: ReactorFunctions): Promise<JsonMap> {
  const definitions = new Map<string, JsonMap>([['local', localKeysOf(undefined)]]);
  const reactions = new Map<string, JsonMap>();
  const minionPrefixes = Object.keys(clients).filter((prefix) => clients[prefix] === 'local');
  for (const module of modules.names) {
    const { functions } = await modules.load(module);
    for (const [own, fun] of Object.entries(functions)) {
      const name = `local.${module}.${own}`;
      definitions.set(name, localKeysOf(fun));
      for (const prefix of minionPrefixes)
        reactions.set(`${prefix}.${module}.${own}`, described(listOrMap(name), fun.summary));
    }
  }
  for (const [prefix, all] of [['runner', runners] as const, ['wheel', wheels] as const]) {
    for (const { name, summary, takes, anything: isFree = false } of all) {
      definitions.set(`${prefix}.${name}`, isFree ? { type: 'object' } : masterKeysOf(takes));
      reactions.set(`${prefix}.${name}`, described(listOrMap(`${prefix}.${name}`, 'null'), sentence(summary)));
    }
  }
  const ownRunners = runners.map(({ name }) => name.replaceAll('.', '\\.')).join('|');
  return documentOf('Reactor files', {
    type: ['object', 'null'],
    additionalProperties: {
      type: ['object', 'string'],
      minProperties: 1,
      properties: Object.fromEntries(reactions),
      patternProperties: {
        // Modules of one's own are not known; those that come along have the functions above and no others.
        [`^(?:${minionPrefixes.join('|')})\\.(?!(?:${modules.names.join('|')})\\.)\\w+\\.`]: listOrMap('local'),
        [`^runner\\.(?!(?:${ownRunners})$)\\w+\\.`]: { type: ['array', 'object', 'null'] },
      },
      additionalProperties: false,
    },
    definitions: Object.fromEntries(definitions),
  });
}

/** A list of one-key maps, or one map. */
function listOrMap(name: string, ...more: readonly string[]): JsonMap {
  return { type: ['array', 'object', ...more], items: ref(name), ...when({ type: 'object' }, ref(name)) };
}

function localKeysOf(fun: ExecFunction | undefined): JsonMap {
  const args = Object.entries(fun?.args.entries ?? {}).map(
    ([name, schema]) => [name, described(anything, sentence(words(nodeOf(schema), quoted)))] as const,
  );
  const named: JsonMap = {
    properties: Object.fromEntries(args),
    // A module of one's own may take anything.
    ...(fun && fun.keywords === undefined && { additionalProperties: false }),
  };
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries(localKeys.map((key) => [key, keys[key] ?? anything])),
      args: described({ ...named, items: named }, 'Arguments: by name, or by their place.'),
    },
    additionalProperties: false,
  };
}

function masterKeysOf(takes: readonly string[]): JsonMap {
  const own: JsonMap = Object.fromEntries(takes.map((name) => [name, anything]));
  const named: JsonMap = { properties: own, additionalProperties: false };
  const { arg = anything, kwarg = anything } = keys;
  return {
    type: 'object',
    properties: { ...own, args: { ...named, items: named }, arg, kwarg },
    additionalProperties: false,
  };
}
