import { editMinionFile, minionFile, type MinionFile } from '../config/minion-file.ts';
import { readDocument } from '../config/document.ts';
import type { FileStep, Reading } from '../contracts/machine.ts';
import { isJsonMap, isMap, type Json, type JsonMap } from '../json.ts';
import { readBeacon } from './read.ts';

/*
 * What states of `beacon` and functions of `beacons` have in common: beacons in `minion.d/beacons.conf`, where Salt saves them,
 * too. A minion that runs takes them within seconds.
 */

/** A beacon as it is written: a list of maps. */
export type Written = readonly JsonMap[];

export interface KeptBeacons {
  readonly file: MinionFile;
  /** Those in the file. */
  readonly own: JsonMap;
  /** Those of the whole config. */
  readonly configured: JsonMap;
  readonly ofPillar: JsonMap;
}

/** Raises what is wrong with the file: `TS_CONFIG_SYNTAX`, `TS_CONFIG_NOT_A_MAP`, `TS_TEXT_NOT_UTF8`. */
export function readKept(_: unknown, machine: Reading): KeptBeacons {
  const file = minionFile(machine, 'minion.d/beacons.conf', 'Beacons');
  const { values } = readDocument(file.path, file.text);
  const own = mapOf(values['beacons']);
  return {
    file,
    own,
    configured: { ...mapOf(machine.opts['beacons']), ...own },
    ofPillar: mapOf(machine.pillar['beacons']),
  };
}

const mapOf = (value: unknown): JsonMap => (isJsonMap(value) ? value : {});

/** All there are, without what switches them all; those of the config go over those of the pillar. */
function allBeacons({ configured, ofPillar }: KeptBeacons): JsonMap {
  const { enabled: _, ...beacons } = { ...ofPillar, ...configured };
  return beacons;
}

/** The beacon of this name, wherever it is set; undefined when there is none. */
export function beaconAt(kept: KeptBeacons, name: string): Json | undefined {
  const all = allBeacons(kept);
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

/** Why a beacon can't be changed here: `verb` is what is to be done to it. */
export function whyFixed(
  { file, own, configured, ofPillar }: KeptBeacons,
  name: string,
  verb: string,
): string | undefined {
  if (file.problem !== undefined) return file.problem;
  if (Object.hasOwn(ofPillar, name)) return `Cannot ${verb} beacon item ${name}, it is configured in pillar.`;
  if (Object.hasOwn(own, name) || !Object.hasOwn(configured, name)) return undefined;
  return `Beacon ${name} is set in another file of the config than ${file.path}: it has to be changed there`;
}

/** The steps that have the file hold this beacon; undefined: none of that name. */
export function writeBeacon({ file }: KeptBeacons, name: string, beacon: Written | undefined): FileStep[] {
  return editMinionFile(file, ['beacons', name], beacon === undefined ? undefined : [...beacon]);
}

/** The same beacon, switched on or off. */
export function switched(beacon: Json | undefined, enabled: boolean): Written {
  const items = (Array.isArray(beacon) ? beacon : []).filter(isJsonMap);
  const others = items.map((item) => Object.fromEntries(Object.entries(item).filter(([key]) => key !== 'enabled')));
  return [...others.filter((item) => Object.keys(item).length > 0), { enabled }];
}

/** Whether it runs, as far as it is up to itself. */
export function isEnabled(beacon: Json | undefined): boolean {
  return optionsOf(beacon)['enabled'] !== false;
}

/** What is wrong with a beacon that somebody wants, as a sentence; `own` are the operator's own, where they are known. */
export function whatIsWrong(name: string, beacon: Written, own?: Parameters<typeof readBeacon>[2]): string | undefined {
  const { findings } = readBeacon(name, [...beacon], own);
  return findings.find(({ isHarmless }) => !isHarmless)?.error().message;
}

/** Two that say the same, in whatever order. */
export function isSameBeacon(one: Json | undefined, other: Written): boolean {
  return JSON.stringify(sorted(optionsOf(one))) === JSON.stringify(sorted(optionsOf([...other])));
}

const optionsOf = (beacon: Json | undefined): JsonMap =>
  Array.isArray(beacon) ? (Object.assign({}, ...beacon.filter(isMap)) as JsonMap) : {};

/** On is what a beacon is that says nothing. */
const sorted = (options: JsonMap): [string, Json][] =>
  Object.entries({ enabled: true, ...options }).sort(([a], [b]) => (a < b ? -1 : 1));

/** One line an option, for a diff. */
export function shownBeacon(beacon: Json | undefined): string {
  const options = Object.entries(optionsOf(beacon));
  return options
    .map(([key, value]) => `${key}:${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
    .join('');
}
