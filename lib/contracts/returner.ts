import type { GenericSchema, InferOutput } from 'valibot';
import type { Log } from '../log.ts';
import type { BusEvent } from './events.ts';

/*
 * A returner takes events of the master elsewhere: one file, a default export made by `defineReturner`. Those that come with
 * tsalt are in `returners`; an operator's own is a file that config names, or one of `_returners` in the state tree. The master hands each its events in their order, a
 * batch at a time, again until `send` resolves, and keeps its place in the log.
 */

/** What a returner is handed. */
export interface ReturnerContext {
  /** Salt's id of this master: `<host>_master`. */
  readonly master: string;
  readonly log: Log;
}

export interface OpenReturner {
  /**
   * Resolves when the far side has these events for good. What it raises means: the same again, later. An error with
   * `refused: true` means: never; the batch is then halved until the event is found that is refused, a dead letter. Once the
   * signal is aborted its time is up.
   */
  send(events: readonly BusEvent[], signal: AbortSignal): Promise<void>;
  /** The master stops: let go of connections. */
  close?(): Promise<void>;
}

export interface Returner<Settings = unknown> {
  /** One sentence for the reference. */
  readonly summary: string;
  /** For the reference: what arrives how often, and by what the far side tells that something came twice. */
  readonly promise: string;
  /** The config that names it, as YAML. */
  readonly example: string;
  /** What it takes in config, besides what all of them take. */
  readonly settings: GenericSchema<unknown, Settings>;
  /** Tag globs of what it is sent when config does not say; returns of jobs when it does not say either. */
  readonly events?: readonly string[];
  /** It runs in a process of its own, for what it is made of might end that. */
  readonly isApart?: boolean;
  /** Makes it ready. The far side may be away: only `send` looks for it. */
  open(settings: Settings, context: ReturnerContext): OpenReturner | Promise<OpenReturner>;
}

/** A returner of an operator's own: one file of `_returners/`. */
export interface CustomReturner<Schema extends GenericSchema = GenericSchema> {
  readonly summary: string;
  /** What it takes in config, besides what all of them take: a map. */
  readonly settings: Schema;
  /** Makes it ready, in a process of its own. The far side may be away: only `send` looks for it. */
  open(settings: InferOutput<Schema>, context: ReturnerContext): OpenReturner | Promise<OpenReturner>;
}

/** Keeps the types of one returner of an operator's own together. */
export function defineCustomReturner<Schema extends GenericSchema>(definition: CustomReturner<Schema>): CustomReturner {
  // Methods are compared bivariantly: whoever opens it has parsed its settings with this very schema.
  return definition as unknown as CustomReturner;
}

/** Keeps the types of one returner together. */
export function defineReturner<Settings>(definition: Returner<Settings>): Returner {
  // Whoever calls it has parsed the settings with its own schema.
  return definition as Returner;
}

/** Loads a returner by its name (`influxdb`). */
export interface ReturnerRegistry {
  readonly names: readonly string[];
  load(name: string): Promise<Returner>;
}
