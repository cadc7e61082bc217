import type { MineAllow } from '../contracts/mine.ts';
import { describe } from '../describe.ts';
import { didYouMean, type ErrorDetails } from '../errors/error.ts';
import { mineErrors } from '../errors/mine.ts';
import { isMap, type Json, type JsonMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { problemOfTarget, targetTypes } from '../target/target.ts';
import type { Finding } from '../config/option.ts';

/** One entry of Salt's `mine_functions:`, read. */
export interface MineDefinition {
  /** What it is called in the mine. */
  readonly name: string;
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
  readonly allow?: MineAllow;
  /** The name is not the function's. */
  readonly isAlias: boolean;
  /** As it was written. */
  readonly written: Json;
}

export interface ReadMineFunctions {
  /** Those with a mistake are not among them. */
  readonly definitions: readonly MineDefinition[];
  /** `path` is below `mine_functions`. */
  readonly findings: readonly Finding[];
}

/** `mine_functions` of the pillar, and over them those of the config. What is no map is left for its reader to complain of. */
export function mineFunctionsOf(pillar: JsonMap, opts: { readonly mine_functions?: unknown }): Json {
  const { mine_functions: ofPillar = {} } = pillar;
  const ofConfig = isMap(opts.mine_functions) ? (opts.mine_functions as JsonMap) : {};
  return isMap(ofPillar) ? { ...ofPillar, ...ofConfig } : ofPillar;
}

/**
 * Reads `mine_functions`, both of Salt's forms: a list of arguments (maps in it are named ones), or a map of named ones.
 * `mine_function`, `allow_tgt` and `allow_tgt_type` are no arguments.
 */
export function readMineFunctions(written: Json): ReadMineFunctions {
  const definitions: MineDefinition[] = [];
  const findings: Finding[] = [];
  if (!isMap(written)) {
    findings.push(finding([], (more) => mineErrors.notAMap({ got: describe(written) }, more)));
    return { definitions, findings };
  }
  for (const [name, options] of Object.entries(written as JsonMap)) {
    const read = readDefinition(name, options);
    if ('error' in read) findings.push(read);
    else definitions.push(read);
  }
  return { definitions, findings };
}

function readDefinition(name: string, written: Json): MineDefinition | Finding {
  if (written !== null && typeof written !== 'object') {
    const got = describe(written);
    return finding([name], (more) => mineErrors.badArguments({ entry: name, got }, more));
  }
  const items: readonly Json[] = Array.isArray(written) ? written : written === null ? [] : [written];
  const args = items.filter((item) => !isMap(item));
  const named = Object.assign({}, ...items.filter((item) => isMap(item))) as JsonMap;
  const { mine_function: fun = name, allow_tgt: _, allow_tgt_type: __, ...kwargs } = named;
  const place = (option: string): (string | number)[] => {
    const at = items.findIndex((item) => isMap(item) && Object.hasOwn(item, option));
    return Array.isArray(written) ? [name, at, option] : [name, option];
  };
  // One of the mine's own would run itself.
  const isFunction = typeof fun === 'string' && /^(?!mine\.)\w+\.\w+$/.test(fun);
  if (!isFunction) {
    const expected = 'a function, such as network.ip_addrs';
    // Without `mine_function` the name is what is wrong.
    const isNamed = Object.hasOwn(named, 'mine_function');
    const got = describe(fun);
    const near = nearest('mine_function', Object.keys(named));
    const hint = isNamed
      ? undefined
      : near === undefined
        ? 'an entry with a name of its own says with mine_function what it calls'
        : `'${near}' is to be 'mine_function'`;
    return finding(
      isNamed ? place('mine_function') : [name],
      (more) => mineErrors.badOption({ entry: name, option: 'mine_function', expected, got }, { hint, ...more }),
      !isNamed,
    );
  }
  const read = readAllow(name, named);
  if ('option' in read) return finding(place(read.option), read.error);
  return { name, fun, args, kwargs, ...read, isAlias: fun !== name, written };
}

const allowing = ['allow_tgt', 'allow_tgt_type'];

/**
 * Who may read an entry, of what stands beside its arguments. Without `allow_tgt` everybody; one that says nothing is a
 * mistake, since it would be everybody, too.
 */
export function readAllow(
  entry: string,
  given: { readonly [option: string]: unknown },
): { readonly allow?: MineAllow } | { readonly option: string; readonly error: Finding['error'] } {
  const { allow_tgt: tgt, allow_tgt_type: type = 'glob' } = given;
  // Taken for an argument of the function, a misspelt one would keep nobody out.
  for (const option of Object.keys(given)) {
    const near = nearest(option, allowing);
    if (near === undefined || allowing.includes(option)) continue;
    const hint = didYouMean(near);
    return { option, error: (more) => mineErrors.misspelt({ entry, option }, { hint, ...more }) };
  }
  const bad = (option: string, expected: string, got: unknown, hint?: string) => ({
    option,
    error: (more?: ErrorDetails) =>
      mineErrors.badOption({ entry, option, expected, got: describe(got) }, { hint, ...more }),
  });
  if (typeof type !== 'string' || !targetTypes.includes(type)) {
    const hint = typeof type === 'string' ? didYouMean(nearest(type, targetTypes)) : undefined;
    return bad('allow_tgt_type', `one of ${targetTypes.join(', ')}`, type, hint);
  }
  if (!Object.hasOwn(given, 'allow_tgt') || tgt === undefined)
    return Object.hasOwn(given, 'allow_tgt_type') && given['allow_tgt_type'] !== undefined
      ? bad('allow_tgt_type', 'beside an allow_tgt, which is missing', type)
      : {};
  const words: unknown[] = [tgt].flat();
  if (words.length === 0 || !words.every((word) => typeof word === 'string' && word !== ''))
    return bad('allow_tgt', 'a target', tgt);
  const allow = { tgt: words.join(','), tgt_type: type };
  const error = problemOfTarget(allow.tgt, allow.tgt_type);
  return error
    ? {
        option: 'allow_tgt',
        error: (more) => mineErrors.badAllow({ entry, problem: error.sentence }, { hint: error.hint, ...more }),
      }
    : { allow };
}

function finding(path: readonly (string | number)[], error: Finding['error'], ofKey = false): Finding {
  return { path, ofKey, isHarmless: false, error };
}
