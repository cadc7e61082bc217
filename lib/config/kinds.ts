import * as v from 'valibot';
import { folder } from '../git/settings.ts';
import { isMinionId } from '../ids.ts';
import type { Json, JsonMap } from '../json.ts';
import { components, type Component, type LogLevel } from '../log.ts';
import { accessSchema, type MineRule } from '../mine/access.ts';

/** A kind of value that options have. Its words say what is expected, in errors and in the reference. */
export interface Kind<T> {
  readonly words: string;
  readonly schema: v.GenericSchema<unknown, T>;
}

const kind = <T>(words: string, schema: (words: string) => v.GenericSchema<unknown, T>): Kind<T> => ({
  words,
  schema: schema(words),
});

export const text = kind('text', (words) => v.string(words));
/** Nothing said, or a name that a minion may have. */
export const minionId = kind("a minion id (letters, digits, '.', '_' and '-', at most 128, without '..')", (words) =>
  v.pipe(
    v.string(words),
    v.check((given) => given === '' || isMinionId(given), words),
  ),
);
export const path = kind('a path', (words) => v.pipe(v.string(words), v.nonEmpty(words)));
/** A folder of a tree: its words are told by the schema that remotes have for it. */
export const treeFolder: Kind<string> = { words: 'a folder of a tree, such as states/web', schema: folder };
/** YAML reads `yes`, `no`, `on`, `off` as booleans too, as Salt's does. */
export const flag = kind('true or false', (words) => v.boolean(words));
export const port = wholeNumber('a port (0 to 65535; 0 takes any free one)', 0, 65_535);
export const seconds = kind('a number of seconds', (words) => v.pipe(v.number(words), v.minValue(0, words)));

/** A whole number from `least` to `most`. */
export function wholeNumber(words: string, least: number, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  return kind(words, () =>
    v.pipe(v.number(words), v.integer(words), v.minValue(least, words), v.maxValue(most, words)),
  );
}

/** One of a few words. */
export function oneOf<const T extends string>(...choices: readonly T[]): Kind<T> {
  return kind(`one of ${choices.join(', ')}`, (words) => v.picklist(choices, words));
}

/** Something, or nothing said. */
export function optional<T>(inner: Kind<T>): Kind<T | undefined> {
  return kind(inner.words, () => v.optional(inner.schema));
}

export function listOf<T>(words: string, inner: Kind<T>): Kind<T[]> {
  return kind(words, () => v.array(inner.schema, words));
}

export function mapOf<T>(words: string, inner: Kind<T>): Kind<Record<string, T>> {
  return kind(words, () => v.record(v.string(), inner.schema, words));
}

/** One thing, or a list of them; always a list afterwards. */
export function oneOrMany<T>(inner: Kind<T>): Kind<T[]> {
  return kind(`${inner.words}, or a list of them`, (words) =>
    v.union(
      [
        v.array(inner.schema),
        v.pipe(
          inner.schema,
          v.transform((one): T[] => [one]),
        ),
      ],
      words,
    ),
  );
}

const json: v.GenericSchema<unknown, Json> = v.lazy(() =>
  v.union([v.null(), v.boolean(), v.number(), v.string(), v.array(json), v.record(v.string(), json)]),
);

/** A map of anything: what is in it is somebody else's to check. */
export const freeMap: Kind<JsonMap> = kind('a map', (words) => v.record(v.string(), json, words));

/** Salt's names of log levels, told apart only as far as tsalt tells them apart. */
export const logLevel = kind(
  'one of debug, info, warning, error, quiet (or trace, garbage, all, profile, critical)',
  (words) =>
    v.pipe(
      v.picklist(
        ['debug', 'info', 'warning', 'error', 'quiet', 'trace', 'garbage', 'all', 'profile', 'critical'],
        words,
      ),
      v.transform((name) => {
        if (name === 'critical') return 'error';
        return name === 'trace' || name === 'garbage' || name === 'all' || name === 'profile' ? 'debug' : name;
      }),
    ),
);

/** Levels by the part of the daemon. */
export const logLevels: Kind<Partial<Record<Component, LogLevel | 'quiet'>>> = kind(
  `a map from part (${components.join(', ')}) to level, such as {wire: debug}`,
  (words) => v.record(v.picklist(components, words), logLevel.schema, words),
);

/** `{base: [directory, ...]}`. */
export const roots = mapOf(
  'a map from environment to directories, such as {base: [/srv/tsalt/states]}',
  oneOrMany(path),
);

const resultWords = ['True', 'False', 'None'];
const resultWord = v.pipe(
  v.union([v.string(), v.boolean(), v.null()]),
  v.transform((given) => {
    const text = given === null ? 'None' : String(given);
    return text.charAt(0).toUpperCase() + text.slice(1);
  }),
  v.picklist(resultWords),
);

/** Results of states by Salt's words, as a list or a text with commas. */
export const stateResults: Kind<string[]> = kind('True, False, None, or several of them with commas', (words) =>
  v.pipe(
    v.union([v.string(), v.boolean(), v.null(), v.array(v.unknown())], words),
    v.transform((given): unknown[] =>
      typeof given === 'string' ? given.split(',').flatMap((word) => word.trim() || []) : [given].flat(),
    ),
    v.array(resultWord, words),
  ),
);

/** A list of one-key maps, tag glob to file or files; as a list of pairs. */
export const reactorList = kind(
  "a list of one-key maps from tag to files, such as [{'salt/auth': [builtin:auth]}]",
  (words) =>
    v.array(
      v.pipe(
        v.record(v.string(), oneOrMany(path).schema, words),
        v.check((entry) => Object.keys(entry).length === 1, words),
        v.transform((entry) => {
          const [tag = '', files = []] = Object.entries(entry)[0] ?? [];
          return { tag, files };
        }),
      ),
      words,
    ),
);

/** A list of one-key maps, the name of a source of pillar to what it takes; as a list of pairs. */
export const extPillarList = kind(
  'a list of one-key maps, such as [{cmd_yaml: /usr/local/bin/inventory %s}]',
  (words) =>
    v.array(
      v.pipe(
        v.record(v.string(), json, words),
        v.check((entry) => Object.keys(entry).length === 1, words),
        v.transform((entry) => {
          const [name = '', args = null] = Object.entries(entry)[0] ?? [];
          return { name, args };
        }),
      ),
      words,
    ),
);

/** One thing of some kinds. */
export function either<A, B>(words: string, one: Kind<A>, other: Kind<B>): Kind<A | B> {
  return kind(words, () => v.union([one.schema, other.schema], words));
}

/** Rules of who may read what of whom in the mine. */
export const mineRules: Kind<MineRule[]> = kind('a list of rules, each a map of who, may and of', () => accessSchema);
