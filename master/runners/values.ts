import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json } from '../../lib/json.ts';

/*
 * What an argument of a runner holds. A slip of the hand must not become the default: `test=tru` would run what was only to be
 * looked at, and `limit=x` give everything. Each raises `TS_RUNNER_BAD_ARGUMENT`; what is not given, or null, is the default.
 */

/** A whole number above 0: how many of something. */
export function countOf<Default>(name: string, given: Json | undefined, byDefault: Default): number | Default {
  if (given === undefined || given === null) return byDefault;
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0) return given;
  throw runnerErrors.badArgument({ name, expected: 'a whole number above 0', given: asText(given) });
}

export function secondsOf<Default>(name: string, given: Json | undefined, byDefault: Default): number | Default {
  if (given === undefined || given === null) return byDefault;
  if (typeof given === 'number' && Number.isFinite(given) && given > 0) return given;
  throw runnerErrors.badArgument({ name, expected: 'a number of seconds above 0', given: asText(given) });
}

export function truthOf<Default>(name: string, given: Json | undefined, byDefault: Default): boolean | Default {
  if (given === undefined || given === null) return byDefault;
  if (typeof given === 'boolean') return given;
  throw runnerErrors.badArgument({ name, expected: 'true or false', given: asText(given) });
}
