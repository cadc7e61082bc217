import * as v from 'valibot';
import type { Finding } from '../config/option.ts';
import { describe, expectedOf as wordsOf } from '../describe.ts';
import { beaconErrors } from '../errors/beacons.ts';
import { didYouMean, type ErrorDetails, type TsaltError } from '../errors/error.ts';
import { isMap, type Json, type JsonMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { entriesAt, nodeOf } from '../schema/node.ts';
import { words } from '../schema/words.ts';
import { beaconNames, beaconParameters, commonOptions, isBeaconName, unseenIn } from './parameters.ts';

/** One beacon of Salt's `beacons:`, checked. */
export interface ConfiguredBeacon {
  /** Its own, which its events carry. */
  readonly name: string;
  readonly module: string;
  /** Of one of the operator's own: what tells its code from any other. */
  readonly stamp?: string;
  /** What the beacon's own schema makes of what is written; one of the operator's own reads it itself. */
  readonly parameters: unknown;
  /** Between two looks. */
  readonly intervalMs: number;
  readonly disableDuringStateRun: boolean;
  readonly runOnce: boolean;
}

/** What is wrong with, or without effect in, what somebody wrote; `path` is below `beacons`. */
export interface BeaconFinding extends Finding {
  /** The beacon that it is about; empty for all. */
  readonly beacon: string;
}

export interface ReadBeacons {
  /** Those that are to run. One with a mistake is not among them. */
  readonly beacons: readonly ConfiguredBeacon[];
  readonly findings: readonly BeaconFinding[];
}

/** One of the operator's own beacons. */
export interface OwnBeacon {
  /** What tells its code from any other. */
  readonly stamp: string;
  /** What it takes, where that is at hand: else the beacon itself looks, when it begins. */
  readonly parameters?: v.GenericSchema;
}

/** The operator's own beacons by name; undefined: nobody knows which there are. */
type OwnBeacons = ReadonlyMap<string, OwnBeacon> | undefined;

/** Reads Salt's `beacons:` map; `enabled: false` in it switches all of them off. */
export function readBeacons(written: JsonMap, own?: OwnBeacons): ReadBeacons {
  const beacons: ConfiguredBeacon[] = [];
  const findings: BeaconFinding[] = [];
  for (const [name, options] of Object.entries(written)) {
    if (name === 'enabled') {
      if (typeof options === 'boolean') continue;
      const error = (more?: ErrorDetails): TsaltError => beaconErrors.badSwitch({ got: describe(options) }, more);
      findings.push({ path: [name], ofKey: false, isHarmless: false, beacon: '', error });
      continue;
    }
    const { beacon, findings: found } = readBeacon(name, options, own);
    findings.push(...found);
    if (beacon) beacons.push(beacon);
  }
  return { beacons: written['enabled'] === false ? [] : beacons, findings };
}

/** One beacon; undefined when it is switched off or something is wrong with it. */
export function readBeacon(
  name: string,
  written: Json,
  ownBeacons?: OwnBeacons,
): { readonly beacon?: ConfiguredBeacon | undefined; readonly findings: readonly BeaconFinding[] } {
  const findings: BeaconFinding[] = [];
  const find = (
    path: readonly (string | number)[],
    error: Finding['error'],
    { ofKey = false, isHarmless = false } = {},
  ): void => void findings.push({ path: [name, ...path], ofKey, isHarmless, beacon: name, error });

  if (!Array.isArray(written) || !written.every(isMap)) {
    const at = Array.isArray(written) ? [written.findIndex((item) => !isMap(item))] : [];
    const got = describe(Array.isArray(written) ? written[at[0] ?? 0] : written);
    find(at, (more) => beaconErrors.notAList({ beacon: name, got }, more));
    return { findings };
  }
  // As in Salt, a list of maps is one map; what comes later counts.
  const items = written as JsonMap[];
  const itemOf = new Map(items.flatMap((item, index) => Object.keys(item).map((key) => [key, index] as const)));
  const merged = Object.assign({}, ...items) as JsonMap;
  const place = ([key, ...rest]: readonly (string | number)[]): (string | number)[] =>
    key === undefined ? [] : [itemOf.get(String(key)) ?? 0, key, ...rest];
  const common = Object.fromEntries(Object.entries(merged).filter(([key]) => isCommon(key)));
  const own = Object.fromEntries(Object.entries(merged).filter(([key]) => !isCommon(key)));

  const module = typeof common['beacon_module'] === 'string' ? common['beacon_module'] : name;
  const ownBeacon = ownBeacons?.get(module);
  if (ownBeacon) return custom(ownBeacon);
  if (!isBeaconName(module)) {
    const known = [...beaconNames, ...(ownBeacons?.keys() ?? [])];
    const near = nearest(module, known);
    const hint = didYouMean(near) ?? `there are ${known.join(', ')}, and those of _beacons in the state tree`;
    const error = (more?: ErrorDetails): TsaltError =>
      beaconErrors.unknownBeacon({ beacon: module }, { hint, ...more });
    // One that is like no other may be the operator's own, which only a minion that runs knows.
    const isHarmless = ownBeacons === undefined && near === undefined;
    if (module === name) find([], error, { ofKey: true, isHarmless });
    else find(place(['beacon_module']), error, { isHarmless });
    return { findings };
  }

  const options = hold(commonOptions, common);
  const parameters = hold(beaconParameters[module], own);
  if (findings.some(({ isHarmless }) => !isHarmless) || options === undefined) return { findings };
  for (const { what, path } of unseenIn(module, own))
    find(place(path), (more) => beaconErrors.unseen({ beacon: name, what }, more), {
      ofKey: path.at(-1) === what,
      isHarmless: true,
    });
  if (!options.enabled) return { findings };
  return {
    findings,
    beacon: { ...settingsOf(options), module, parameters },
  };

  /** One of the operator's own: it is handed what is written, and reads that itself. */
  function custom({ stamp, parameters: taken }: OwnBeacon): ReturnType<typeof readBeacon> {
    const options = hold(commonOptions, common);
    if (taken) hold(taken, own);
    if (findings.length > 0 || !options?.enabled) return { findings };
    return { findings, beacon: { ...settingsOf(options), module, stamp, parameters: own } };
  }

  function settingsOf(options: v.InferOutput<typeof commonOptions>) {
    return {
      name,
      intervalMs: options.interval * 1000,
      disableDuringStateRun: options.disable_during_state_run,
      runOnce: options.run_once,
    };
  }

  /** What a schema makes of it; what does not fit is found. */
  function hold<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> | undefined {
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    const unknown = parsed.issues.filter(({ expected }) => expected === 'never');
    const others = parsed.issues.filter((issue) => !unknown.includes(issue));
    for (const issue of unknown) complain(schema, issue);
    for (const issue of others) {
      // What is missing most likely is what stands beside it under another name.
      const isMisspelt = issue.received === 'undefined' && unknown.some((one) => outerOf(one) === outerOf(issue));
      if (!isMisspelt) complain(schema, issue);
    }
    return undefined;
  }

  function complain(schema: v.GenericSchema, issue: v.BaseIssue<unknown>): void {
    const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    const option = path.join(': ');
    const isKey = issue.expected === 'never' || issue.path?.at(-1)?.origin === 'key';
    if (issue.expected === 'never') {
      const siblings = entriesAt(nodeOf(schema), path.slice(0, -1));
      const known = [...Object.keys(siblings ?? {}), ...(path.length === 1 ? commonNames : [])];
      const hint =
        didYouMean(nearest(String(path.at(-1)), known)) ??
        (known.length > 0 ? `there are ${known.join(', ')}` : undefined);
      return find(place(path), (more) => beaconErrors.unknownOption({ beacon: name, option }, { hint, ...more }), {
        ofKey: true,
      });
    }
    if (issue.received === 'undefined')
      return find(place(path.slice(0, -1)), (more) => beaconErrors.missingOption({ beacon: name, option }, more), {
        ofKey: path.length === 1,
      });
    const facts = { beacon: name, option, expected: expectedOf(schema, path, issue), got: describe(issue.input) };
    // A mount point that is none most likely is an option that is misspelt.
    const hint = isKey && path.length === 1 ? didYouMean(nearest(option, commonNames)) : undefined;
    find(place(path), (more) => beaconErrors.badOption(facts, { hint, ...more }), { ofKey: isKey });
  }
}

/** Words of the schema's author; where there are none, valibot's own say less than the schema does. */
function expectedOf(schema: v.GenericSchema, path: readonly (string | number)[], issue: v.BaseIssue<unknown>): string {
  const node = entriesAt(nodeOf(schema), path.slice(0, -1))?.[String(path.at(-1))];
  return node && issue.message.startsWith('Invalid ') ? words(node, (text) => text) : wordsOf(issue);
}

const commonNames = Object.keys(commonOptions.entries);

function isCommon(option: string): boolean {
  return Object.hasOwn(commonOptions.entries, option);
}

/** The map that an issue is in. */
function outerOf({ path }: v.BaseIssue<unknown>): unknown {
  return path?.at(-1)?.input;
}
