import { messageOf } from '../errors/error.ts';
import { targetErrors } from '../errors/target.ts';
import { fnmatch } from '../fnmatch.ts';
import { ipNetwork } from '../ip-network.ts';
import type { Json, JsonMap } from '../json.ts';
import type { Matcher, TargetFacts } from './facts.ts';
import { nestedMatch } from './nested.ts';

type Data = (facts: TargetFacts) => JsonMap | undefined;
const grains: Data = (facts) => facts.grains;
const pillar: Data = (facts) => facts.pillar;

/** Every way to choose minions but `compound` and `nodegroup`, by Salt's names. `delimiter` parts the names of a path. */
export const simpleMatchers: Readonly<Record<string, (text: string, delimiter: string) => Matcher>> = {
  glob: (text) => {
    const fits = fnmatch(text);
    return ({ id }) => fits(id);
  },
  list: (text) => {
    const ids = new Set(text.split(',').map((id) => id.trim()));
    return ({ id }) => ids.has(id);
  },
  pcre: (text) => {
    const pattern = regexp(text);
    return ({ id }) => pattern.test(id);
  },
  grain: nested(grains, fnmatch),
  grain_pcre: nested(grains, (text) => fitting(regexp(text))),
  pillar: nested(pillar, fnmatch),
  pillar_pcre: nested(pillar, (text) => fitting(regexp(text))),
  pillar_exact: nested(pillar, (text) => (found) => found === text),
  ipcidr: network,
};

function nested(data: Data, toFitting: (value: string) => (found: string) => boolean) {
  return (text: string, delimiter: string): Matcher => {
    if (!text.includes(delimiter)) throw targetErrors.needsColon({ text });
    // A bad pattern is an error now, not when a minion is asked.
    toFitting(text.slice(text.indexOf(delimiter) + 1));
    return (facts) => {
      const known = data(facts);
      return known && nestedMatch(known, text, delimiter, toFitting);
    };
  };
}

/** As Python's `re.match`: from the start, to wherever it ends. An empty one is a variable that was empty, not all minions. */
function regexp(text: string): RegExp {
  if (text === '') throw targetErrors.emptyPattern(undefined, { hint: "where all are meant, write '.*'" });
  try {
    return new RegExp(`^(?:${text})`);
  } catch (thrown) {
    throw targetErrors.badPattern({ pattern: text, problem: messageOf(thrown) }, { cause: thrown });
  }
}

function fitting(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}

function network(text: string): Matcher {
  const wanted = ipNetwork(text);
  if (!wanted) throw targetErrors.badNetwork({ text });
  return ({ grains: known }) => {
    const addresses: Json | undefined = known?.[wanted.family];
    if (!Array.isArray(addresses)) return undefined;
    return addresses.some((own) => typeof own === 'string' && wanted.has(own));
  };
}
