import { cliErrors } from '../lib/errors/cli.ts';
import type { Option } from './options.ts';

export const batchOptions = {
  'batch-size': {
    short: 'b',
    also: 'batch',
    value: 'N',
    help: 'on so many minions at a time, or so many percent of them (25%)',
  },
  'batch-wait': { value: 'SECONDS', help: 'how long the place of a minion that is done stays empty (default: 0)' },
  'batch-safe-limit': {
    value: 'N',
    help: 'for so many minions (2 or more) and above, in batches of --batch-safe-size',
  },
  'batch-safe-size': { value: 'N', help: 'the batch size that --batch-safe-limit means (default: 8)' },
  'batch-max-failures': {
    value: 'N',
    help: 'begin on no further minion once more than so many, or so many percent of all (10%), have failed or not answered',
  },
  failhard: { help: 'begin on no further minion once one has failed or not answered' },
} as const satisfies Record<string, Option>;

type Given = {
  readonly [K in keyof typeof batchOptions]?: (typeof batchOptions)[K] extends { value: string }
    ? string | undefined
    : true | undefined;
};

/** How a job on so many minions is parted, and when it stops; `atOnce` is undefined when it is not parted. */
export interface BatchPlan {
  readonly atOnce: number | undefined;
  readonly waitMs: number;
  readonly mostFailed: number;
  /** It is parted because so many are meant, not because it was asked for. */
  readonly isSafety: boolean;
}

/** A plan for any number of minions. */
export type BatchPlanner = (minions: number) => BatchPlan;

const SAFE_SIZE = '8';

/**
 * What the options say, undefined when none has to do with batches. Raises `TS_CLI_BAD_OPTION_VALUE`, and for an option
 * that means nothing without batches `TS_CLI_NEEDS_OPTION`.
 */
export function batchPlanner(given: Given): BatchPlanner | undefined {
  const size = shareOf(given, 'batch-size', 1);
  const limit = numberOf(given, 'batch-safe-limit');
  const safeSize = shareOf({ 'batch-safe-size': SAFE_SIZE, ...given }, 'batch-safe-size', 1);
  const waitSeconds = numberOf(given, 'batch-wait') ?? 0;
  const mostFailed = shareOf(given, 'batch-max-failures', 0);
  if (given.failhard && mostFailed) throw cliErrors.exclusive({ options: '--failhard and --batch-max-failures' });
  if (given['batch-safe-size'] !== undefined && limit === undefined)
    throw cliErrors.needsOption({ option: '--batch-safe-size', needed: '--batch-safe-limit' });
  if (size === undefined && limit === undefined) {
    const useless = (['batch-wait', 'batch-max-failures', 'failhard'] as const).find((name) => given[name]);
    if (useless) throw cliErrors.needsOption({ option: `--${useless}`, needed: '--batch-size or --batch-safe-limit' });
    return undefined;
  }
  return (minions) => ({
    atOnce: size?.(minions) ?? (limit !== undefined && limit > 1 && minions >= limit ? safeSize?.(minions) : undefined),
    waitMs: waitSeconds * 1000,
    isSafety: size === undefined,
    mostFailed: given.failhard ? 0 : (mostFailed?.(minions) ?? Infinity),
  });
}

/** A number of minions or a share such as `25%`, of all of them; never less than `least`. */
function shareOf(given: Given, name: keyof Given, least: number): ((all: number) => number) | undefined {
  const value = given[name];
  if (typeof value !== 'string') return undefined;
  const [, digits, percents] = /^(?:(\d{1,6})|(\d{1,3}(?:\.\d{1,3})?)%)$/.exec(value) ?? [];
  const number = Number(digits ?? percents);
  if (!(number >= least || (percents !== undefined && number > 0))) {
    const expected = 'a number of minions, or of percent of them such as 25%';
    throw cliErrors.badOptionValue({ option: `--${name}`, value, expected });
  }
  return (all) => (percents === undefined ? number : Math.max(least, Math.floor((all * number) / 100)));
}

function numberOf(given: Given, name: keyof Given): number | undefined {
  const value = given[name];
  if (typeof value !== 'string') return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw cliErrors.badOptionValue({ option: `--${name}`, value, expected: 'a number, 0 or more' });
  return number;
}
