import type { InferOutput, ObjectEntries, StrictObjectSchema } from 'valibot';
import type { Clock } from '../clock.ts';
import type { Exclusion } from '../exclusions.ts';
import type { Json, JsonMap } from '../json.ts';
import type { Log } from '../log.ts';
import type { PillarRequest } from '../pillar-settings.ts';
import type { JobStatus } from '../schedule/status.ts';
import type { Nodegroups } from '../target/target.ts';
import type { CustomBeaconRegistry } from './beacon.ts';
import type { Machine } from './machine.ts';
import type { Mine } from './mine.ts';
import type { StateReturn } from './state.ts';

/*
 * An execution module, such as `test`: one file, a default export made by `defineModule`; each function is called
 * `<module>.<function>`, on the command line, by jobs, and (the `sync` ones) by templates.
 */

export type FunctionSchema = StrictObjectSchema<ObjectEntries, undefined>;

export interface StateRequest {
  /** State files by name; empty for the highstate. */
  readonly sls: readonly string[];
  /** A state file that is not of the tree, but given: the one that `sls` names. `shown` is its name in errors. */
  readonly given?: { readonly text: string; readonly shown: string } | undefined;
  /** Only the states with this id, and what they need. */
  readonly only?: string | undefined;
  /** State files, and states by their ids, that are left out. */
  readonly exclude?: readonly Exclusion[] | undefined;
  readonly test: boolean;
  /** Laid over the minion's pillar. */
  readonly pillar: JsonMap;
  /** The environment that states are from: of named files, of the highstate alone; else that of the config. */
  readonly saltenv?: string | undefined;
  /** The environment that pillar is from, in place of all. */
  readonly pillarenv?: string | undefined;
  /** The top file of the highstate, in place of that of the config. */
  readonly top?: string | undefined;
  /** While another run is under way: waits for its end (the default), or is refused. */
  readonly queue?: boolean | undefined;
  /** Beside any other run that is under way; later ones wait for both. */
  readonly concurrent?: boolean | undefined;
  /** Each state's result is an event at the master; else the configs say whether it is. */
  readonly stateEvents?: boolean | undefined;
}

/** A tree as it would be run, without running it: Salt's "high" and "low" data. */
export interface ShownStates {
  /** All that is wrong with it; the rest is worth nothing then. */
  readonly errors: readonly string[];
  readonly high: JsonMap;
  readonly low: readonly JsonMap[];
  /** The state files, in their order, those that are included among them. */
  readonly files: readonly string[];
  /** What the top files mean for this minion, by environment; empty where files were named. */
  readonly top: Readonly<Record<string, readonly string[]>>;
}

/** A job of the master that a minion has not returned yet. */
export interface MinionJob {
  readonly jid: string;
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
  readonly user: string;
  /** Of its process; a job that waits for its turn has none. */
  readonly pid?: number;
}

/** The jobs of the minion that runs here; with no minion there are none. */
export interface MinionJobs {
  list(): Promise<readonly MinionJob[]>;
  /**
   * Ends a job and all it has started, gently (what is left is killed after a while) or at once; it returns as failed, and
   * says that `by` has ended it. Gives the job; undefined when there is none of that number.
   */
  end(jid: string, signal: 'TERM' | 'KILL', by: string): Promise<MinionJob | undefined>;
}

/** What came of fetching an operator's own code. */
export interface SyncedCustom {
  /** By kind; all kinds that were asked for. */
  readonly changed: Readonly<Record<string, readonly string[]>>;
  /** The kinds of which anything was added, changed or removed. */
  readonly renewed: readonly string[];
  /** What is wrong with what is there, by kind: `modules.haproxy: ...`. */
  readonly problems: Readonly<Record<string, readonly string[]>>;
}

/** What the schedule of the minion that runs here has besides config and pillar, and how it is doing. Without secrets. */
export interface SeenSchedule {
  /** Jobs of its collectors and of the mine; config and pillar go over them. */
  readonly ofMinion: JsonMap;
  /** Set by functions until the minion stops, over all else; null is an entry that is gone until then. */
  readonly unsaved: JsonMap;
  readonly status: readonly JobStatus[];
}

/** The scheduler of the minion that runs here. */
export interface MinionSchedule {
  look(): Promise<SeenSchedule>;
  /** Runs a job now; false when there is none of that name, or too many of it run. */
  runNow(name: string): Promise<boolean>;
  /** Sets one entry until the minion stops; null takes it away. */
  override(name: string, entry: Json): Promise<void>;
  /** These are in the config's files by now: it reads them, and forgets what was set otherwise. */
  saved(names: readonly string[]): Promise<void>;
}

/** Which version a minion is to become, and how. */
export interface UpgradeRequest {
  /** The SHA-256 of the bundle, by architecture. */
  readonly bundles: Readonly<Record<string, string>>;
  /** The new version has to be accepted by the master within so long, or the old one comes back. */
  readonly confirmSeconds: number;
  /** So long it may wait for other jobs to end. */
  readonly waitSeconds: number;
}

/** What a function is handed. */
export interface ExecContext {
  readonly id: string;
  readonly jid: string;
  readonly machine: Machine;
  readonly grains: JsonMap;
  readonly pillar: JsonMap;
  readonly opts: JsonMap;
  /** Those of the master, and over them those of the minion's own config. Raises why the master did not tell them. */
  readonly nodegroups: Nodegroups;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the job is terminated or its time is up. */
  readonly signal: AbortSignal;
  /** The function gives an answer, and yet failed: its return carries this code (Salt's `retcode`), not 0. */
  failed(retcode: number): void;
  /** The pillar as somebody else would have it, made anew. Raises what is wrong with it. */
  pillarFor(request: PillarRequest): Promise<JsonMap>;
  /** Another execution function; whether it failed is for its caller to see. */
  call(fun: string, args: readonly Json[], kwargs: JsonMap): Promise<Json>;
  /** Compiles and runs states. */
  applyStates(request: StateRequest): Promise<StateReturn>;
  /** Compiles states, and shows what came of it. */
  showStates(request: Pick<StateRequest, 'sls' | 'given' | 'pillar' | 'saltenv' | 'pillarenv'>): Promise<ShownStates>;
  /** What runs states on this machine now: a sentence for each, in Salt's words. */
  runningStates(): Promise<readonly string[]>;
  readonly jobs: MinionJobs;
  /** At the master; without one it is this machine's own. */
  readonly mine: Mine;
  /** The execution modules that there are, those of the operator's own among them. */
  readonly modules: ModuleRegistry;
  readonly customBeacons: CustomBeaconRegistry;
  /**
   * Fetches the operator's own code of these kinds (`modules`, `states`, ...) from the state trees: what was new or another
   * one, by kind, as `modules.haproxy`; and what is wrong with it. Without an environment, from those of the top files.
   */
  syncCustom(kinds: readonly string[], saltenv?: string): Promise<SyncedCustom>;
  /** Removes what was fetched of state trees and sources; it is fetched again when it is wanted. */
  clearCache(): Promise<void>;
  /** Undefined with no minion. */
  readonly schedule?: MinionSchedule | undefined;
  /** Makes another version of tsalt of this minion; the job's return is what came of it. */
  upgrade(request: UpgradeRequest): Promise<JsonMap>;
  /** Gathers the operator's own grains anew, and tells the master, where there is one, all grains as they are by now. */
  tellGrains(): Promise<void>;
  /** Sends an event to the master; false without one. Resolves when the event is safe in the outbox. */
  sendEvent(tag: string, data: JsonMap): Promise<boolean>;
}

export interface ExecFunction<Schema extends FunctionSchema = FunctionSchema> {
  readonly summary: string;
  /** Its arguments; positional ones are taken in the order of the schema's entries. */
  readonly args: Schema;
  /** The entry that takes all positional arguments from its place on, as a list. */
  readonly rest?: keyof Schema['entries'] & string;
  /** Takes keyword arguments that the schema does not list, too; they come as the entry of this name. */
  readonly keywords?: keyof Schema['entries'] & string;
  /** Takes microseconds and blocks on nothing: runs inside the minion, not in a process of its own. */
  readonly quick?: boolean;
  /** A template may call it: it gives its answer at once. */
  readonly sync?: boolean;
  /** A template may call it, too: it changes nothing, and its answer is waited for, once in a run for the same arguments. */
  readonly fetched?: boolean;
  run(args: InferOutput<Schema>, context: ExecContext): unknown;
}

export interface ExecModule {
  readonly functions: Readonly<Record<string, ExecFunction>>;
}

/** Keeps the types of one function together. */
export function defineFunction<Schema extends FunctionSchema>(definition: ExecFunction<Schema>): ExecFunction {
  // Methods are compared bivariantly: whoever calls it has parsed the arguments with this very schema.
  return definition as unknown as ExecFunction;
}

export function defineModule(functions: Record<string, ExecFunction>): ExecModule {
  return { functions };
}

/** Loads an execution module by its name (`test`). */
export interface ModuleRegistry {
  readonly names: readonly string[];
  load(name: string): Promise<ExecModule>;
}
