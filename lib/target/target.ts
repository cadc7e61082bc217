import type { Finding } from '../config/option.ts';
import { didYouMean, TsaltError, type ErrorDetails } from '../errors/error.ts';
import { targetErrors } from '../errors/target.ts';
import { isMap, type JsonMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import type { Matcher, Verdict } from './facts.ts';
import { simpleMatchers } from './simple.ts';

export type { Matcher, TargetFacts } from './facts.ts';

/** Named groups: a compound target, or its words as a list. */
export type Nodegroups = Readonly<Record<string, string | readonly string[]>>;

/** Those of a config, as functions and templates see it. */
export function nodegroupsIn({ nodegroups }: JsonMap): Nodegroups {
  // It was read with the config's own schema.
  return isMap(nodegroups) ? (nodegroups as Nodegroups) : {};
}

export interface TargetOptions {
  readonly nodegroups?: Nodegroups;
  /** Between the names of a path into grains or pillar; `:` when not given. */
  readonly delimiter?: string;
  /**
   * Values of pillar are compared as they are, without patterns, but for those of nodegroups: who asks must not be able to
   * guess them piece by piece.
   */
  readonly exactPillar?: boolean;
}

const letters: Readonly<Record<string, string>> = {
  G: 'grain',
  P: 'grain_pcre',
  I: 'pillar',
  J: 'pillar_pcre',
  L: 'list',
  E: 'pcre',
  S: 'ipcidr',
  N: 'nodegroup',
};

/** Every word for how a target is read (`tgt_type`). */
export const targetTypes: readonly string[] = [...Object.keys(simpleMatchers), 'compound', 'nodegroup'];

/**
 * Reads a target (Salt's words and letters) once, to ask many minions. The matcher says yes, no, or undefined where what
 * it needs of a minion is not known; only yes may ever be acted on. Raises `TS_TARGET_...`.
 */
export function parseTarget(text: string, type = 'glob', options: TargetOptions = {}): Matcher {
  return targetOf(text, type, options, []);
}

/** Groups that could never be read: their compound is none, or goes round in a circle. A minion's may name one of the master's. */
export function findInNodegroups(nodegroups: Nodegroups): Finding[] {
  return Object.keys(nodegroups).flatMap((name) => {
    try {
      parseTarget(name, 'nodegroup', { nodegroups });
      return [];
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      const { code, sentence, hint } = thrown;
      if (code === 'TS_TARGET_UNKNOWN_GROUP') return [];
      const error = (details?: ErrorDetails) => new TsaltError(code, sentence, { hint, ...details });
      return [{ path: [name], ofKey: false, isHarmless: false, error }];
    }
  });
}

/** What is wrong with a target, as far as it can be told without the nodegroups. */
export function problemOfTarget(text: string, type: string): TsaltError | undefined {
  try {
    parseTarget(text, type);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TsaltError)) throw thrown;
    return thrown.code === 'TS_TARGET_UNKNOWN_GROUP' ? undefined : thrown;
  }
}

function targetOf(text: string, type: string, options: TargetOptions, groups: readonly string[]): Matcher {
  if (type === 'compound') return compound(text, tokensOf(text), options, groups);
  if (type === 'nodegroup') return nodegroup(text, options, groups);
  const isPattern = type === 'pillar' || type === 'pillar_pcre';
  const name = options.exactPillar === true && isPattern ? 'pillar_exact' : type;
  const make = Object.hasOwn(simpleMatchers, name) ? simpleMatchers[name] : undefined;
  if (!make) throw targetErrors.unknownType({ type }, { hint: didYouMean(nearest(type, targetTypes)) });
  return make(text, options.delimiter ?? ':');
}

function nodegroup(name: string, options: TargetOptions, groups: readonly string[]): Matcher {
  const all = options.nodegroups ?? {};
  const group = Object.hasOwn(all, name) ? all[name] : undefined;
  if (group === undefined)
    throw targetErrors.unknownGroup({ name }, { hint: didYouMean(nearest(name, Object.keys(all))) });
  if (groups.includes(name)) throw targetErrors.groupCycle({ name });
  const text = typeof group === 'string' ? group : group.join(' ');
  const own = { ...options, exactPillar: false };
  return compound(text, typeof group === 'string' ? tokensOf(group) : group, own, [...groups, name]);
}

/** Words, and brackets also where they stand at a word: those before it, and those after it that close nothing in it. */
function tokensOf(text: string): string[] {
  return text.split(/\s+/).flatMap((word) => {
    const [, opening = '', rest = ''] = /^(\(*)(.*)$/.exec(word) ?? [];
    let inner = rest;
    while (inner.endsWith(')') && count(inner, ')') > count(inner, '(')) inner = inner.slice(0, -1);
    return [opening.split(''), inner, rest.slice(inner.length).split('')].flat().filter((token) => token !== '');
  });
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** `or` binds weakest, then `and`, then `not`; parentheses stand alone. */
function compound(text: string, tokens: readonly string[], options: TargetOptions, groups: readonly string[]): Matcher {
  let at = 0;
  const fail = (problem: string) => targetErrors.compound({ text, problem });

  function either(): Matcher {
    const parts = [both()];
    for (; tokens[at] === 'or'; parts.push(both())) at++;
    return parts.length === 1 && parts[0] ? parts[0] : (facts) => any(parts.map((part) => part(facts)));
  }

  function both(): Matcher {
    const parts = [one()];
    // As in Salt, `a not b` is `a and not b`.
    for (; tokens[at] === 'and' || tokens[at] === 'not'; parts.push(one())) if (tokens[at] === 'and') at++;
    return parts.length === 1 && parts[0] ? parts[0] : (facts) => all(parts.map((part) => part(facts)));
  }

  function one(): Matcher {
    const token = tokens[at++];
    if (token === undefined) throw fail('ends where a target was expected');
    if (token === 'not') {
      const inner = one();
      return (facts) => opposite(inner(facts));
    }
    if (token === '(') {
      const inner = either();
      if (tokens[at++] !== ')') throw fail("has a '(' without its ')'");
      return inner;
    }
    if (token === ')' || token === 'and' || token === 'or') throw fail(`has '${token}' where a target was expected`);
    return word(token);
  }

  function word(token: string): Matcher {
    const [, letter, delimiter, rest = ''] = /^([A-Za-z])([^@\w\s])?@(.*)$/.exec(token) ?? [];
    if (letter === undefined) {
      // No id has one: it would match nobody, or with `not` everybody.
      if (/[()]/.test(token)) throw fail(`has a bracket in the word '${token}': put blanks around it`);
      return targetOf(token, 'glob', options, groups);
    }
    const type = letters[letter];
    if (type === undefined)
      throw targetErrors.unknownLetter({ word: token }, { hint: `there are ${Object.keys(letters).join(', ')}` });
    return targetOf(rest, type, delimiter === undefined ? options : { ...options, delimiter }, groups);
  }

  const matcher = either();
  if (at < tokens.length) throw fail(`has '${tokens[at]}' where 'and', 'or' or the end was expected`);
  return matcher;
}

function opposite(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}

function any(verdicts: readonly Verdict[]): Verdict {
  return verdicts.includes(true) || (verdicts.includes(undefined) ? undefined : false);
}

function all(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}
