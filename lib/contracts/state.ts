import type { ObjectEntries, StrictObjectSchema, InferOutput } from 'valibot';
import type { JsonMap } from '../json.ts';
import type { Reading, Required, SourceView, Step, StepResult } from './machine.ts';

/*
 * A state function, such as `file.managed`: one file, one default export made by `defineState`.
 * `read` what is -> `plan` what would change (pure) -> the engine performs the plan's steps. Test mode is the same path
 * stopped after `plan`.
 */

/** What a state changed or would change, as Salt reports it: free-form, empty for nothing. */
export type Changes = JsonMap;

/** The parts of a machine that a state reads, or that its steps make unforeseeable for states after it. */
export type Domain = 'files' | 'packages' | 'services' | 'accounts' | 'databases';

/** A template and what it sees besides grains, pillar and opts; `name` is shown in errors. */
export interface TemplateUse {
  readonly name: string;
  readonly text: string;
  readonly context: JsonMap;
}

export interface Plan {
  /** Empty: it is already as it should be, and `steps` is empty too. */
  readonly changes: Changes;
  /** For a person. Written for test mode ("would be ..."), or for what is right already. */
  readonly comment: string;
  /** In place of `comment` after the steps were done. */
  readonly done?: string;
  readonly steps: readonly Step[];
  /** What the reader should know although it is no failure: Salt's `warnings`. */
  readonly warnings?: readonly string[];
  /** It can't be brought about, `comment` says why: the result is false, nothing is done. */
  readonly impossible?: boolean;
  /** `changes` can only be known by running it (a command): in test mode they are reported as unknown until run. */
  readonly unknownUntilRun?: boolean;
  /** Domains that can't be foreseen after these steps (a command: all of them; a package: files, services, accounts). */
  readonly obscures?: readonly Domain[];
}

/** How a state ended, once its steps were done. */
export interface Outcome {
  /** null: what others were asked to do in test mode would change something there. */
  readonly result: boolean | null;
  readonly changes: Changes;
  readonly comment: string;
}

export type StateSchema = StrictObjectSchema<ObjectEntries, undefined>;

export interface StateFunction<Schema extends StateSchema = StateSchema, Facts = unknown> {
  /** One sentence for the reference. */
  readonly summary: string;
  /** YAML of a state file that the reference shows and the tests run. */
  readonly example: string;
  /**
   * Its arguments (`name` among them; the engine fills it with the id). Unknown ones are compile errors. Requisites and
   * the other arguments every state takes (`order`, `unless`, ...) are the engine's and not listed here.
   */
  readonly args: Schema;
  /** Takes arguments that the schema does not list, too; they come as the entry of this name. */
  readonly keywords?: string | undefined;
  /** What its facts are about. */
  readonly reads: readonly Domain[];
  /**
   * Rules between arguments that the schema can't say ("source or contents, not both"): the complaint, or undefined.
   * Checked when the tree is compiled, before anything runs.
   */
  check?(args: InferOutput<Schema>): string | undefined;
  /** `salt://` files that have to exist for the tree to compile. */
  needs?(args: InferOutput<Schema>): readonly string[];
  /** The templates that the run will render: checked before anything runs, as far as that can be told by then. */
  templates?(
    args: InferOutput<Schema>,
    sources: SourceView,
    required: readonly Required[],
  ): readonly TemplateUse[] | Promise<readonly TemplateUse[]>;
  /** The grains as states after it will see them, made of those before it: templates are checked with these. */
  grainsAfter?(args: InferOutput<Schema>, grains: JsonMap): JsonMap;
  /** The machine as it is. Writes nothing. */
  read(args: InferOutput<Schema>, machine: Reading): Facts | Promise<Facts>;
  /** What would change. Pure: the same arguments and facts give the same plan. */
  plan(args: InferOutput<Schema>, facts: Facts): Plan;
  /**
   * The arguments with which one state does in one go what another one of its function does, too; undefined where they
   * don't go together. For states that `aggregate`.
   */
  aggregate?(args: InferOutput<Schema>, other: InferOutput<Schema>): InferOutput<Schema> | undefined;
  /** Where the outcome can only be told from what the steps gave (a command's exit code, the packages that came along). */
  report?(plan: Plan, results: readonly StepResult[], args: InferOutput<Schema>): Outcome;
  /**
   * What to do when something it watches has changed and its own plan was empty: restart, run. Salt's `mod_watch`.
   * Without it, `watch` is `require`. `woken` names what has changed, as `file: /etc/motd`.
   */
  refresh?(args: InferOutput<Schema>, facts: Facts, woken: readonly string[]): Plan;
}

/** Keeps the types of one state function together; gives it back as it is. */
export function defineState<Schema extends StateSchema, Facts>(
  definition: StateFunction<Schema, Facts>,
): StateFunction<Schema, Facts> {
  return definition;
}

/** A state function whose schema and facts nobody outside needs to know. */
// Methods are compared bivariantly, so every definition fits.
export type AnyStateFunction = StateFunction<StateSchema, never> | StateFunction<StateSchema, unknown>;

/** Loads a state function by its name (`file.managed`); each is loaded when first used. */
export interface StateRegistry {
  readonly names: readonly string[];
  load(name: string): Promise<AnyStateFunction>;
  /** What is wrong with a module of the operator's own: nothing of it can be used. */
  readonly broken?: ((module: string) => string | undefined) | undefined;
  /** Why a function that there is can't be used in this kind of run, as a sentence; undefined where it can. */
  readonly whyNotHere?: ((name: string) => string | undefined) | undefined;
  /** Why a function does not take an argument that Salt's does, as a part of a sentence; undefined for any other argument. */
  readonly whyAbsent?: ((name: string, argument: string) => string | undefined) | undefined;
}

/** The plan that changes nothing. */
export function alreadyRight(comment: string): Plan {
  return { changes: {}, comment, steps: [] };
}

/** The plan of what can't be done. */
export function impossible(comment: string): Plan {
  return { changes: {}, comment, steps: [], impossible: true };
}

/** One state's entry in a state run's return, as Salt has it (keys `<mod>_|-<id>_|-<name>_|-<fun>`). */
export interface StateResult {
  name: string;
  /** null: would change (test mode). */
  result: boolean | null;
  changes: Changes;
  comment: string;
  __run_num__: number;
  __id__: string;
  __sls__: string;
  /** Local time of day, `HH:MM:SS.ffffff`. */
  start_time: string;
  /** Milliseconds. */
  duration: number;
  /** False when a requisite kept it from running. */
  __state_ran__?: boolean;
  /** It ran beside states after it. */
  __parallel__?: boolean;
  warnings?: string[];
}

/** A state of a run: its number, from 0, of how many. */
export interface StatePlace {
  readonly fun: string;
  readonly name: string;
  readonly number: number;
  readonly total: number;
}

/** Is told of a state run as it goes on. */
export interface RunWatcher {
  began?(place: StatePlace): void;
  ended?(result: StateResult, place: StatePlace): void;
}

/** A state run's return: the results, or the reasons why the tree didn't compile (then nothing was done). */
export type StateReturn = Record<string, StateResult> | string[];
