import type { Finding } from '../config/option.ts';
import { describe } from '../describe.ts';
import { accessErrors } from '../errors/access.ts';
import { didYouMean, TsaltError, type ErrorDetails } from '../errors/error.ts';
import { isMap, type Json, type JsonMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { parseTarget } from '../target/target.ts';
import { parsePublicKey } from './public-key.ts';

/** Where a function runs: on minions, or on the master as a runner, a wheel function or a method of its control socket. */
export type Side = 'minion' | 'runner' | 'wheel' | 'control';

/** Something an operator may ask for. */
export interface Rule {
  readonly side: Side;
  /** A glob on the function's name, which is without the word for the side. */
  readonly fun: string;
  /** A compound target: the minions that it may run on. Only for the side of minions, and always there. */
  readonly on?: string;
  /** The arguments must be these, and no others. */
  readonly only?: { readonly args: readonly Json[]; readonly kwargs: JsonMap };
}

export interface Operator {
  readonly name: string;
  /** Raw Ed25519 keys, 32 bytes each. */
  readonly keys: readonly Buffer[];
  readonly rules: readonly Rule[];
}

/** The entry for whoever has shown no key. */
export const ANYONE = 'anyone';

const nameWords = "letters, digits, '_', '.' and '-', at most 64, and none of " as const;
/** What jobs are of that no operator asked for. */
const taken = ['operator', 'owner', 'reactor', 'orchestrate', 'runner', 'schedule', 'root'];
const words = ['keys', 'rules'];
const ruleWords = ['may', 'on', 'args', 'kwargs'];

/** Reads the option `operators`. One with a mistake is not among them. */
export function readOperators(written: JsonMap): {
  readonly operators: readonly Operator[];
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const operators: Operator[] = [];
  const owners = new Map<string, string>();
  for (const [name, value] of Object.entries(written)) {
    const before = findings.length;
    const operator = readOperator(name, value, (path, error, ofKey = false) => {
      findings.push({ path: [name, ...path], ofKey, isHarmless: false, error });
    });
    for (const [at, key] of operator.keys.entries()) {
      const other = owners.get(key.toString('hex'));
      if (other !== undefined && other !== name) {
        const error = (more?: ErrorDetails): TsaltError => accessErrors.sharedKey({ operator: name, other }, more);
        findings.push({ path: [name, 'keys', at], ofKey: false, isHarmless: false, error });
      }
      owners.set(key.toString('hex'), name);
    }
    if (findings.length === before) operators.push(operator);
  }
  return { operators, findings };
}

type Find = (path: readonly (string | number)[], error: Finding['error'], ofKey?: boolean) => void;

function readOperator(name: string, written: Json, find: Find): Operator {
  const operator = name;
  const wrong = (path: readonly (string | number)[], what: string, expected: string, got: Json | undefined): void =>
    find(path, (more) => accessErrors.wrongType({ operator, what, expected, got: describe(got) }, more));

  if (!/^[A-Za-z][\w.-]{0,63}$/.test(name) || taken.includes(name)) {
    const expected = `${nameWords}${taken.join(', ')}`;
    find([], (more) => accessErrors.badName({ name, expected }, more), true);
  }
  if (!isMap(written)) {
    wrong([], name, "a map with 'keys' and 'rules'", written);
    return { name, keys: [], rules: [] };
  }
  unknownWords(written, words, []);

  const keys = readKeys(written['keys'] as Json | undefined);
  const { rules = [] } = written;
  if (!Array.isArray(rules)) wrong(['rules'], 'rules', 'a list of rules', rules as Json);
  const list = Array.isArray(rules) ? (rules as Json[]) : [];
  return { name, keys, rules: list.flatMap((rule, at) => readRule(rule, ['rules', at])) };

  function unknownWords(map: object, known: readonly string[], path: readonly (string | number)[]): void {
    for (const word of Object.keys(map)) {
      if (known.includes(word)) continue;
      const hint = didYouMean(nearest(word, known)) ?? `there are ${known.join(', ')}`;
      find([...path, word], (more) => accessErrors.unknownWord({ operator, word }, { ...more, hint }), true);
    }
  }

  function readKeys(given: Json | undefined): Buffer[] {
    if (name === ANYONE) {
      if (given !== undefined) find(['keys'], (more) => accessErrors.keyOfAnyone({ name }, more), true);
      return [];
    }
    if (given === undefined || (Array.isArray(given) && given.length === 0)) {
      find([], (more) => accessErrors.noKey({ operator }, more), true);
      return [];
    }
    const isOne = !Array.isArray(given);
    return (isOne ? [given] : given).flatMap((text, at) => {
      const key = typeof text === 'string' ? parsePublicKey(text) : undefined;
      if (key) return [key];
      const hint = "'tsalt operator keygen' makes a key and prints its line";
      find(isOne ? ['keys'] : ['keys', at], (more) => accessErrors.badKey({ operator }, { ...more, hint }));
      return [];
    });
  }

  function readRule(rule: Json, path: readonly (string | number)[]): Rule[] {
    if (!isMap(rule)) {
      wrong(path, 'rules', "a list of maps, such as [{may: test.ping, on: 'web*'}]", rule);
      return [];
    }
    unknownWords(rule, ruleWords, path);
    const { may, on, args, kwargs } = rule as JsonMap;
    const globs = Array.isArray(may) ? may : [may];
    if (on !== undefined) checkTarget(on, [...path, 'on']);
    if (args !== undefined && !Array.isArray(args)) wrong([...path, 'args'], 'args', 'a list of arguments', args);
    if (kwargs !== undefined && !isMap(kwargs))
      wrong([...path, 'kwargs'], 'kwargs', 'a map of named arguments', kwargs);
    const only =
      args === undefined && kwargs === undefined
        ? undefined
        : { args: Array.isArray(args) ? args : [], kwargs: isMap(kwargs) ? (kwargs as JsonMap) : {} };
    return globs.flatMap((glob, at) => {
      const place = [...path, 'may', ...(Array.isArray(may) ? [at] : [])];
      if (typeof glob !== 'string') {
        wrong(may === undefined ? path : place, 'may', 'a function or a list of functions', glob);
        return [];
      }
      const { side, fun } = sideOf(glob);
      // What is not of these letters is no function's name, however much it looks like one.
      if (!/^[\w.*?[\]!-]+$/.test(fun) || (side !== 'control' && !/[.*?]/.test(fun))) {
        find(place, (more) => accessErrors.badFunction({ operator, fun: glob }, more));
      }
      if (side === 'minion' && on === undefined) {
        const hint = "on: '*' is all minions; functions of the master begin with 'runner.', 'wheel.' or 'control.'";
        find(place, (more) => accessErrors.needsOn({ operator, fun: glob }, { ...more, hint }));
      }
      if (side !== 'minion' && on !== undefined)
        find([...path, 'on'], (more) => accessErrors.needsNoOn({ operator, fun: glob }, more), true);
      if (side === 'control' && only) find(place, (more) => accessErrors.noArguments({ operator, fun: glob }, more));
      return [{ side, fun, ...(typeof on === 'string' ? { on } : {}), ...(only ? { only } : {}) }];
    });
  }

  function checkTarget(on: Json, path: readonly (string | number)[]): void {
    if (typeof on !== 'string') return wrong(path, 'on', "a compound target, such as 'web* and G@os:Debian'", on);
    try {
      parseTarget(on, 'compound');
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      // The groups are another option's: the master knows them when it starts.
      if (thrown.code === 'TS_TARGET_UNKNOWN_GROUP') return;
      const { code, sentence, hint } = thrown;
      find(path, (more) => new TsaltError(code, `operator '${operator}': ${sentence}`, { ...more, hint }));
    }
  }
}

/** `runner.jobs.*` is of the runners; what has no such word in front is of the minions, whatever else it fits. */
function sideOf(glob: string): { readonly side: Side; readonly fun: string } {
  const [, side, fun = ''] = /^(runner|wheel|control)\.(.*)$/s.exec(glob) ?? [];
  return side === undefined ? { side: 'minion', fun: glob } : { side: side as Side, fun };
}
