import type { GenericSchema } from 'valibot';
import type { KeptPlace } from '../git/kept.ts';
import type { GitForPillar } from '../git/pillar-remotes.ts';
import type { JsonMap } from '../json.ts';
import type { ReadSecret } from '../yaml/load.ts';
import type { DownloadView, Processes } from './machine.ts';

/*
 * A source of pillar besides the pillar tree, Salt's `ext_pillar`: one file, a default export made by `defineExtPillar`.
 * Those that come with tsalt are in `pillar/external`.
 */

/** What a source is handed. */
export interface ExtPillarContext {
  /** Whose pillar it is. */
  readonly id: string;
  readonly grains: JsonMap;
  /** What the pillar has in it so far. */
  readonly pillar: JsonMap;
  /** The nodegroups that the minion is in, as far as its grains tell. */
  readonly nodegroups: readonly string[];
  /** Milliseconds that are left for all that is still to be asked. */
  remainingMs(): number;
  readonly processes: Processes;
  readonly downloads: DownloadView;
  /** The environment that it is made for. */
  readonly saltenv: string;
  /** The only environment that pillar is from (`pillarenv`), where there is one. */
  readonly pillarenv: string | undefined;
  /** What a master fetched from git; undefined where nobody fetches. */
  readonly git?: GitForPillar | undefined;
  /** The pillar that the top file of an environment means for the minion, from trees that are kept of git. */
  compile(environment: string, places: readonly KeptPlace[], shown: (path: string) => string): Promise<JsonMap>;
  /** Lays one part of a pillar over another, as config says. */
  merge(under: JsonMap, over: JsonMap): JsonMap;
  /** Makes ready what reads values that YAML marks as secrets. */
  secret(): Promise<ReadSecret>;
}

export interface ExtPillar<Args = unknown> {
  /** One sentence for the reference. */
  readonly summary: string;
  /** The config that names it, as YAML. */
  readonly example: string;
  /** What stands beside its name in config. */
  readonly args: GenericSchema<unknown, Args>;
  /** Its part of the pillar. What it raises fails the pillar. */
  read(args: Args, context: ExtPillarContext): JsonMap | Promise<JsonMap>;
}

/** Keeps the types of one source together. */
export function defineExtPillar<Args>(definition: ExtPillar<Args>): ExtPillar {
  // Whoever calls it has parsed its arguments with its own schema.
  return definition as ExtPillar;
}

/** Loads a source by its name (`cmd_yaml`). */
export interface ExtPillarRegistry {
  readonly names: readonly string[];
  load(name: string): Promise<ExtPillar>;
}
