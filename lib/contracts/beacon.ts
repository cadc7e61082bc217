import type { GenericSchema, InferOutput } from 'valibot';
import type { Clock } from '../clock.ts';
import type { JsonMap } from '../json.ts';

/*
 * A beacon, such as `load`: one file, a default export made by `defineBeacon`. What its parameters may be is said in
 * `lib/beacons/parameters.ts`, which config files and states are checked against, too.
 */

/** What a beacon has to tell: an event `salt/beacon/<id>/<its name>/<tag>`, whose data lies flat. */
export interface BeaconEvent {
  /** Empty when undefined. */
  readonly tag?: string;
  readonly data: JsonMap;
}

/** How a path stands: what can be compared with how it stood before. */
export interface PathFacts {
  readonly isDirectory: boolean;
  /** The same for all names of one thing, and for nothing else. */
  readonly identity: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** How full a file system is. */
export interface Space {
  /** In percent, of what who is not root may fill. */
  readonly usedPercent: number;
}

/** Everything that a beacon may look at. All of it is of the machine that the minion runs on. */
export interface BeaconContext {
  readonly clock: Clock;
  readonly readText: (path: string) => string;
  /** Names in a directory; raises Node's errors. */
  readonly list: (path: string) => readonly string[];
  /** The thing at the path itself, or what it leads to through links; undefined when there is none. */
  readonly look: (path: string, followed?: boolean) => PathFacts | undefined;
  /** The bytes of a file from `from` on, at most so many. */
  readonly readFrom: (path: string, from: number, most: number) => Buffer;
  /** The file system that a path is in. */
  readonly space: (path: string) => Promise<Space>;
  /** Addresses by interface: `[address, prefix length]`. */
  readonly addresses: () => Readonly<Record<string, readonly (readonly [string, number])[]>>;
  /** Calls back with the name of what may have changed in that directory, or with undefined when names were lost. Gives what ends it. */
  readonly watch: (
    directory: string,
    changed: (name: string | undefined) => void,
    failed: (error: Error) => void,
  ) => () => void;
  /** Which of these services run, read in one go. Raises `TS_SERVICES_...`. */
  readonly runningServices: (names: readonly string[]) => Promise<ReadonlyMap<string, boolean>>;
  /** Runs a program for as long as the beacon is there, and calls back with each line of its output. Gives what ends it. */
  readonly follow: (
    argv: readonly string[],
    line: (text: string) => void,
    ended: (reason: string) => void,
  ) => () => void;
  /** Whether a change that was seen between these moments of the clock's `now` is a state run's own, or may be that of a command of one. */
  readonly didStates: (change: SeenChange, fromMs: number, toMs: number) => boolean;
}

/** A path that is another one now than it was, and how it is now; or a service. */
export type SeenChange = { readonly path: string; readonly is: PathFacts | undefined } | { readonly service: string };

/** A beacon at work. */
export interface Watching {
  /** What has come to pass since the last look; the first look may only note how things are. */
  look(): readonly BeaconEvent[] | Promise<readonly BeaconEvent[]>;
  /** Lets go of what it holds. */
  close?(): void;
}

export interface Beacon<Parameters> {
  /** One sentence for the reference. */
  readonly summary: string;
  /** YAML of a minion's config that the reference shows and the tests read. */
  readonly example: string;
  /** The data of an event, for the reference. */
  readonly data: string;
  start(parameters: Parameters, context: BeaconContext): Watching;
}

/** A beacon whose parameters nobody outside needs to know. */
export type AnyBeacon = Beacon<never>;

/** A beacon of an operator's own: one file of `_beacons/`, which says itself what its parameters may be. */
export interface CustomBeacon<Schema extends GenericSchema = GenericSchema> {
  readonly summary: string;
  /** What it takes besides what every beacon does (`interval`, `enabled`, ...): a map. */
  readonly parameters: Schema;
  /** Its context has no state runs to ask about: `didStates` is false. */
  start(parameters: InferOutput<Schema>, context: BeaconContext): Watching;
}

/** Keeps the types of one beacon together. */
export function defineBeacon<Schema extends GenericSchema>(definition: CustomBeacon<Schema>): CustomBeacon {
  // Methods are compared bivariantly: whoever starts it has parsed its parameters with this very schema.
  return definition as unknown as CustomBeacon;
}

/** The beacons of the operator's own that are on this machine. */
export interface CustomBeaconRegistry {
  readonly names: readonly string[];
  /** Raises what is wrong with its file: `TS_CUSTOM_BROKEN`, `TS_MODULE_...`. */
  load(name: string): Promise<CustomBeacon>;
}

/** Loads a beacon by its name (`load`). */
export interface BeaconRegistry {
  readonly names: readonly string[];
  load(name: string): Promise<AnyBeacon>;
}
