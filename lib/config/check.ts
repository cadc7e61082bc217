import * as v from 'valibot';
import { describe } from '../describe.ts';
import { configErrors } from '../errors/config.ts';
import { didYouMean, type TsaltError } from '../errors/error.ts';
import { nearest } from '../nearest.ts';
import { placeWithoutLine, type Place } from '../place.ts';
import { findForbiddenKeys } from './forbidden-keys.ts';
import type { Options } from './option.ts';
import { insteadOf, isSaltOption } from './salt-options.ts';

export type Daemon = 'master' | 'minion';

/** What one layer of config came to. */
export interface Checked {
  readonly values: Record<string, unknown>;
  readonly errors: readonly TsaltError[];
  readonly warnings: readonly TsaltError[];
}

export interface Vocabulary {
  readonly daemon: Daemon;
  readonly options: Options;
  /** The other daemon's: known, and without effect. */
  readonly others: Options;
}

export type PlaceOf = (path: readonly (string | number)[], key?: boolean) => Place | undefined;

/** Holds what somebody wrote against the options; all mistakes are found, not only the first. */
export function check(written: Record<string, unknown>, vocabulary: Vocabulary, placeOf: PlaceOf): Checked {
  const values: Record<string, unknown> = {};
  const errors: TsaltError[] = [];
  const warnings: TsaltError[] = [];
  for (const [name, value] of Object.entries(written)) {
    const key = ownName(name, vocabulary.options);
    const option = key === undefined ? undefined : vocabulary.options[key];
    if (key === undefined || option === undefined) {
      const { complaint, harmless } = unknown(name, vocabulary, placeOf([name], true));
      (harmless ? warnings : errors).push(complaint);
      continue;
    }
    const { schema, words } = option.kind;
    const parsed = v.safeParse(schema, value);
    // To valibot a list is a map from its indices.
    const isListForMap = schema.type === 'record' && Array.isArray(value);
    if (parsed.success && !isListForMap) {
      values[key] = parsed.output;
      // What has such a key is without it by now.
      for (const finding of [...findForbiddenKeys(value), ...(option.examine?.(parsed.output) ?? [])]) {
        const complaint = finding.error({ place: placeOf([name, ...finding.path], finding.ofKey) });
        (finding.isHarmless ? warnings : errors).push(complaint);
      }
      continue;
    }
    const issue = parsed.success || isListForMap ? undefined : parsed.issues[0];
    const got = issue ? issue.input : value;
    const path = [name, ...(issue?.path ?? []).map((item) => keyOf(item.key))];
    const near = issue?.type === 'picklist' && typeof got === 'string' ? nearest(got, choicesOf(issue)) : undefined;
    const place = placeOf(path);
    errors.push(
      configErrors.wrongType(
        {
          option: path.join(': '),
          expected: issue?.message ?? words,
          got: option.secret ? 'what is there' : describe(got),
        },
        // A secret's line is not shown.
        { place: option.secret && place ? placeWithoutLine(place) : place, hint: didYouMean(near) },
      ),
    );
  }
  return { values, errors, warnings };
}

/** What valibot expected, where that is one of some words: `("debug" | "info")`. */
function choicesOf({ expected }: v.BaseIssue<unknown>): string[] {
  return [...(expected ?? '').matchAll(/"([^"]*)"/g)].map(([, choice = '']) => choice);
}

const keyOf = (key: unknown): string | number => (typeof key === 'number' ? key : String(key));

/** The first name of the option called `name`, if there is one. */
export function ownName(name: string, options: Options): string | undefined {
  if (Object.hasOwn(options, name)) return name;
  return Object.keys(options).find((key) => options[key]?.alias === name);
}

function unknown(
  name: string,
  { daemon, options, others }: Vocabulary,
  place: Place | undefined,
): { complaint: TsaltError; harmless: boolean } {
  if (ownName(name, others) !== undefined) {
    const owner = daemon === 'master' ? 'minion' : 'master';
    return { complaint: configErrors.otherDaemon({ option: name, owner, daemon }, { place }), harmless: true };
  }
  if (isSaltOption(name)) {
    const shown = place && /pass/.test(name) ? placeWithoutLine(place) : place;
    const hint = insteadOf(name);
    return { complaint: configErrors.onlyInSalt({ option: name }, { place: shown, hint }), harmless: true };
  }
  const flat = Object.keys(options).filter((option) => option.startsWith(`${name}.`));
  const hint =
    flat.length > 0
      ? `these options are written with their whole name: ${flat.join(', ')}`
      : didYouMean(nearest(name, Object.keys(options)) ?? nearest(name, Object.keys(others)));
  return { complaint: configErrors.unknownOption({ option: name, daemon }, { place, hint }), harmless: false };
}
