import type { JsonMap } from '../json.ts';
import type { Log } from '../log.ts';
import type { Processes } from './machine.ts';

/*
 * Grains of an operator's own: one file of `_grains/`, a default export made by `defineGrains`.
 */

/** What a file of grains is handed. */
export interface GrainContext {
  readonly id: string;
  readonly opts: JsonMap;
  /** What tsalt has found on the machine itself. */
  readonly grains: JsonMap;
  /** A file's text; undefined where it can't be read. */
  readText(path: string): string | undefined;
  /** The names in a directory, sorted; empty where it can't be read. */
  list(path: string): readonly string[];
  readonly processes: Processes;
  readonly log: Log;
}

/** Gives grains by their names. What it throws is logged, and its grains are left out. */
export type GatherGrains = (context: GrainContext) => JsonMap | Promise<JsonMap>;

/** Keeps the types of a file of grains; gives it back as it is. */
export function defineGrains(gather: GatherGrains): GatherGrains {
  return gather;
}
