import { isDeepStrictEqual } from 'node:util';
import { accessErrors } from '../../lib/errors/access.ts';
import type { TsaltError } from '../../lib/errors/error.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { Rule, Side } from '../../lib/operators/read.ts';
import { parseTarget, type Matcher, type Nodegroups, type TargetFacts } from '../../lib/target/target.ts';

/** What somebody asks for. */
export interface Deed {
  readonly side: Side;
  /** Without the word for the side. */
  readonly fun: string;
  readonly args?: readonly Json[];
  readonly kwargs?: JsonMap;
  /** The minions that it would run on, all of them. */
  readonly minions?: readonly string[];
  /** What pillars hold decided which minions these are. */
  readonly byPillar?: boolean;
}

/** A rule, ready to be asked. */
export interface ReadyRule extends Pick<Rule, 'side' | 'only'> {
  readonly fits: (fun: string) => boolean;
  readonly on?: Matcher;
}

/** Raises `TS_TARGET_...` for a group that there is not. */
export function readyRule({ side, fun, on, only }: Rule, nodegroups: Nodegroups): ReadyRule {
  return {
    side,
    fits: fnmatch(fun),
    ...(on === undefined ? {} : { on: parseTarget(on, 'compound', { nodegroups }) }),
    ...(only === undefined ? {} : { only }),
  };
}

/** How a deed is called in rules, errors and the audit log. */
export const nameOf = ({ side, fun }: Pick<Deed, 'side' | 'fun'>): string =>
  side === 'minion' ? fun : `${side}.${fun}`;

/** To choose minions by their pillar: it needs a right of its own. */
export const choosingByPillar: Deed = { side: 'control', fun: 'targets.pillar' };
const MOST_NAMED = 10;

/**
 * Why rules do not allow a deed; undefined when they do. What is not allowed is refused: all of it, also where a part would
 * be. `operator`: whose rules they are, none for who has shown no key.
 */
export function refusalOf(
  deed: Deed,
  rules: readonly ReadyRule[],
  operator: string | undefined,
  factsOf: (id: string) => TargetFacts,
): TsaltError | undefined {
  const what = nameOf(deed);
  const refused = (): TsaltError =>
    operator === undefined
      ? accessErrors.nobody({ what }, { hint: "--operator-key FILE shows one; 'tsalt operator keygen' makes one" })
      : accessErrors.refused({ operator, what });
  // Names are of these letters alone: nothing that only looks like one is held against a glob.
  if (deed.side === 'minion' && !/^[A-Za-z_]\w*(\.\w+)+$/.test(deed.fun)) return refused();
  const ofFunction = rules.filter(({ side, fits }) => side === deed.side && fits(deed.fun));
  if (ofFunction.length === 0) return refused();
  const fitting = ofFunction.filter(({ only }) => only === undefined || areThese(deed, only));
  const name = operator ?? 'anyone';
  if (fitting.length === 0) return accessErrors.refusedArguments({ operator: name, what });
  if (deed.byPillar === true && refusalOf(choosingByPillar, rules, operator, factsOf))
    return accessErrors.refusedByPillar(
      { operator: name },
      { hint: "'may: control.targets.pillar' in a rule of theirs would allow it" },
    );
  if (deed.side !== 'minion') return undefined;
  const denied = (deed.minions ?? []).filter((id) => !fitting.some(({ on }) => on?.(factsOf(id)) === true));
  if (denied.length === 0) return undefined;
  const ids = denied.slice(0, MOST_NAMED).join(', ');
  return accessErrors.refusedTargets(
    { operator: name, what, ids, more: Math.max(0, denied.length - MOST_NAMED) },
    { hint: 'nothing was run anywhere; a target without these may be allowed' },
  );
}

/** Exactly these: what is not said is not allowed. */
function areThese({ args = [], kwargs = {} }: Deed, only: NonNullable<Rule['only']>): boolean {
  // What came over the socket and what was read from a file may differ in their prototypes.
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  return isDeepStrictEqual(plain([args, kwargs]), plain([only.args, only.kwargs]));
}
