import { didYouMean, type TsaltError } from '../../../lib/errors/error.ts';
import { reactorErrors } from '../../../lib/errors/reactor.ts';
import { isMap, type Json, type JsonMap } from '../../../lib/json.ts';
import { nearest } from '../../../lib/nearest.ts';
import { keysOf, type Yaml } from '../../../lib/yaml/maps.ts';
import type { YamlFile } from '../../../lib/yaml/load.ts';
import { problemOfTarget, targetTypes } from '../../../lib/target/target.ts';
import type { StandIns } from './stand-ins.ts';

/** One reaction of a YAML reactor file, ready to be done. */
export interface Reaction extends JsonMap {
  /** Unique in its file. */
  id: string;
  client: 'local' | 'runner' | 'wheel';
  fun: string;
  arg: Json[];
  kwarg: JsonMap;
  /** For `local`. */
  tgt: string | string[];
  tgt_type: string;
}

type Path = readonly (string | number)[];

/** The first word of a reaction's function, and who runs it. */
export const clients: Readonly<Record<string, Reaction['client']>> = {
  local: 'local',
  cmd: 'local',
  runner: 'runner',
  wheel: 'wheel',
};
/** What may stand beside `args`. */
const besideArgs = (client: Reaction['client']) =>
  client === 'local' ? ['args', 'tgt', 'tgt_type', 'expr_form', 'timeout'] : ['args'];
/** What a local reaction may say. */
export const localKeys = ['tgt', 'tgt_type', 'expr_form', 'args', 'arg', 'kwarg', 'timeout'];
/** What can be part of a minion's id means nothing in any kind of target; the dot does in a regular expression. */
const plainName = /^[A-Za-z0-9._-]+$/;
const operators = new Set(['and', 'or', 'not']);

/**
 * The reactions in a rendered reactor file, in its order: both of Salt's styles (`args:` with one-key maps or plain values;
 * `arg:` and `kwarg:`, and for runners and wheels any other key as an argument). Raises `TS_REACTOR_BAD_REACTION` with place.
 * `isFinal`: whether a target stands there as it will be; else nothing is said of what it means.
 */
export function readReactions(
  file: YamlFile,
  standIns: StandIns,
  isFinal: (path: Path) => boolean = () => true,
): Reaction[] {
  const { data } = file;
  if (data === null) return [];
  const fail = (path: Path, what: string, hint?: string): TsaltError => {
    return reactorErrors.badReaction({ what }, { place: file.placeOf(path), hint });
  };
  if (!isMap(data)) throw fail([], 'a reactor file is a map from names to reactions');

  /** Data with the event's values in their places. Keys are the file's own. */
  function filled(value: Yaml, path: Path): Json {
    if (typeof value === 'string') return standIns.value(value);
    if (Array.isArray(value)) return value.map((item, index) => filled(item, [...path, index]));
    if (!isMap(value)) return value;
    return Object.fromEntries(
      keysOf(value).map((key) => [ownKey(key, path), filled(value[key] ?? null, [...path, key])]),
    );
  }

  function ownKey(key: string, path: Path): string {
    if (standIns.isIn(key)) throw fail([...path, key], 'a key cannot come from an event');
    return key;
  }

  /** A list of one-key maps as one map; `plain` takes what is none. */
  function merged(list: Yaml, path: Path, plain: (item: Yaml, path: Path) => void): Map<string, [Yaml, Path]> {
    if (list === null) return new Map();
    if (isMap(list))
      return new Map(keysOf(list).map((key) => [ownKey(key, path), [list[key] ?? null, [...path, key]]]));
    const entries = new Map<string, [Yaml, Path]>();
    for (const [index, item] of (Array.isArray(list) ? list : [list]).entries()) {
      const at = [...path, ...(Array.isArray(list) ? [index] : [])];
      const keys = isMap(item) ? keysOf(item) : [];
      const [key] = keys;
      if (!isMap(item) || key === undefined) plain(item, at);
      else if (keys.length > 1)
        throw fail([...at, keys[1] ?? key], 'an item of this list is a map with one key', "start a line with '- '");
      else entries.set(ownKey(key, at), [item[key] ?? null, [...at, key]]);
    }
    return entries;
  }

  function reaction(id: string, key: string, body: Yaml, path: Path): Reaction {
    const dot = key.indexOf('.');
    const word = key.slice(0, dot);
    const client = Object.hasOwn(clients, word) ? clients[word] : undefined;
    const fun = key.slice(dot + 1);
    if (word === 'caller') {
      throw fail(
        path,
        'caller reactions run on a minion, and reactors run on the master',
        'write local.<function> with tgt',
      );
    }
    if (dot < 0 || !client) {
      const hint =
        didYouMean(nearest(word, Object.keys(clients))) ?? 'write local., runner. or wheel. before the function';
      throw fail(path, `'${key}' is no reaction: it starts with local, runner or wheel`, hint);
    }
    if (!/^\w+(\.\w+)+$/.test(fun)) throw fail(path, `'${fun}' is no function: it is <module>.<function>`);
    const entries = merged(body, path, (_, at) => {
      throw fail(at, 'an item of a reaction is a map with one key');
    });
    if (client === 'local') known(entries);
    const { arg, kwarg } = argumentsOf(client, entries);
    const target = client === 'local' ? targetOf(path, entries) : { tgt: '', tgt_type: '' };
    return { id, client, fun, arg, kwarg, ...target };
  }

  function known(entries: ReadonlyMap<string, [Yaml, Path]>): void {
    for (const [key, [, at]] of entries) {
      if (localKeys.includes(key)) continue;
      const hint = didYouMean(nearest(key, localKeys)) ?? `arguments of the function go below 'args'`;
      throw fail(at, `a local reaction has no '${key}'`, hint);
    }
  }

  function argumentsOf(client: Reaction['client'], entries: ReadonlyMap<string, [Yaml, Path]>) {
    const arg: Json[] = [];
    // Not an object: a name may be `__proto__`.
    const kwarg = new Map<string, Json>();
    const named = (from: ReadonlyMap<string, [Yaml, Path]>) => {
      for (const [key, [value, at]] of from) kwarg.set(key, filled(value, at));
    };
    const positional = (item: Yaml, at: Path) => void arg.push(filled(item, at));
    const args = entries.get('args');
    if (args) {
      const [other, [, at]] = [...entries].find(([key]) => !besideArgs(client).includes(key)) ?? ['', args];
      if (other) throw fail(at, `'${other}' has no effect beside 'args'`, "put it below 'args'");
      named(merged(whole(args[0]), args[1], positional));
      return { arg, kwarg: Object.fromEntries(kwarg) };
    }
    const listed = entries.get('arg');
    if (listed) {
      const value = filled(listed[0], listed[1]);
      arg.push(...(Array.isArray(value) ? value : [value]));
    }
    const given = entries.get('kwarg');
    if (given) {
      const value = filled(given[0], given[1]);
      if (!isMap(value)) throw fail(given[1], "'kwarg' is a map from names to values");
      for (const [key, one] of Object.entries(value)) kwarg.set(key, one);
    }
    if (client !== 'local') named(new Map([...entries].filter(([key]) => key !== 'arg' && key !== 'kwarg')));
    return { arg, kwarg: Object.fromEntries(kwarg) };
  }

  /** `args: {{json data.x}}` is one argument, whatever it is: an event chooses no names. */
  function whole(value: Yaml): Yaml {
    return typeof value === 'string' && standIns.isIn(value) ? [value] : value;
  }

  function targetOf(
    path: Path,
    entries: ReadonlyMap<string, [Yaml, Path]>,
  ): { tgt: string | string[]; tgt_type: string } {
    const [type, typeAt] = entries.get('tgt_type') ?? entries.get('expr_form') ?? ['glob', path];
    if (typeof type !== 'string' || standIns.isIn(type)) throw fail(typeAt, "'tgt_type' is a word of the file's own");
    if (!targetTypes.includes(type))
      throw fail(typeAt, `'${type}' is no way to choose minions`, didYouMean(nearest(type, targetTypes)));
    const [tgt, at] = entries.get('tgt') ?? [null, path];
    const harmless = (value: Json): string => {
      const text = typeof value === 'number' ? String(value) : value;
      if (typeof text !== 'string' || !plainName.test(text) || operators.has(text.toLowerCase())) {
        throw fail(
          at,
          `the event's ${JSON.stringify(text)?.slice(0, 100)} cannot be a part of a target`,
          'a name has letters, digits, dots, _ and - only',
        );
      }
      return type === 'pcre' ? text.replaceAll('.', '\\.') : text;
    };
    const one = (item: Yaml): string => {
      if (typeof item !== 'string' || item === '') throw fail(at, "'tgt' is a target as text, or a list of minions");
      return standIns.text(item, harmless);
    };
    if (Array.isArray(tgt)) return { tgt: tgt.map(one), tgt_type: 'list' };
    if (tgt === null) throw fail(at, "a local reaction says for whom it is: 'tgt' is missing");
    const text = one(tgt);
    const wrong = isFinal(at) ? problemOfTarget(text, type) : undefined;
    if (wrong) throw fail(at, wrong.sentence, wrong.hint);
    return { tgt: text, tgt_type: type };
  }

  const reactions: Reaction[] = [];
  const names = new Map<string, number>();
  for (const id of keysOf(data)) {
    const body = data[id] ?? null;
    const [name, functions] = [standIns.text(id), isMap(body) ? keysOf(body) : [body]];
    for (const key of functions) {
      if (typeof key !== 'string')
        throw fail([id], "a reaction is a map from a function such as 'local.test.ping' to a list");
      if (standIns.isIn(key)) throw fail([id, ...(isMap(body) ? [key] : [])], 'a function cannot come from an event');
      const nth = (names.get(name) ?? 0) + 1;
      names.set(name, nth);
      const path = isMap(body) ? [id, key] : [id];
      reactions.push(
        reaction(nth === 1 ? name : `${name} #${nth}`, key, isMap(body) ? (body[key] ?? null) : null, path),
      );
    }
  }
  return reactions;
}
