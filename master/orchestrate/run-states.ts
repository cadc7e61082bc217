import type { Clock } from '../../lib/clock.ts';
import type { Roots } from '../../lib/environments.ts';
import type { Exclusion } from '../../lib/exclusions.ts';
import type { KeptPlace } from '../../lib/git/kept.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { compileRequest, showStates } from '../../states/engine/apply.ts';
import type { CompileOptions } from '../../states/engine/compile.ts';
import { environmentsOfRoots } from '../../states/engine/environments.ts';
import { environmentsWithKept } from '../../states/engine/kept.ts';
import { runChunks, type RunOptions } from '../../states/engine/run.ts';
import { orchestrationStates } from '../../states/registry.ts';
import { standInFunctions, type StandInFunctions } from './functions.ts';
import { rehearsing, standIn, type AskMaster } from './stand-in.ts';

/** Who stands in for a minion, and where its states are. */
export interface StandIn {
  id: string;
  grains: JsonMap;
  /** What templates see as `opts`. */
  opts: JsonMap;
  /** `file_roots` */
  roots: Record<string, string[]>;
  /** What git has, by environment; it goes over `roots` where `fileserver_backend` names it first. */
  git: { first: boolean; places: [environment: string, places: readonly KeptPlace[]][] };
  failhard: boolean;
  /** Whether it is a test run. */
  test: boolean;
}

/** An orchestration to be run. */
export interface StandInWork extends StandIn {
  mods: string[];
  /** In place of a file: the one that `mods` names. */
  given?: JsonMap | undefined;
  exclude?: Exclusion[] | undefined;
  saltenv: string;
  pillar: JsonMap;
  /** The values in it that are marked as secrets. */
  secrets: string[];
  /** Milliseconds since 1970 at which it began, however often it is taken up again: the time that templates see. */
  now: number;
}

/** The mistakes in the state files, or how to run them. */
export async function compileOrchestration(
  work: StandInWork,
  ask: AskMaster,
  clock: Clock,
): Promise<{ readonly errors: string[] } | { readonly run: () => Promise<Json> }> {
  const { test, failhard } = work;
  const { request, options, functions } = compilation(work, ask);
  const { context, environments } = options;
  const compiled = await compileRequest(request, options);
  if (compiled.errors.length > 0) return { errors: compiled.errors.map(({ message }) => message) };
  const machine = standIn(context, environments, ask);
  const running: RunOptions = {
    machine,
    clock,
    foreseen: test ? rehearsing(machine, ask) : undefined,
    failhard,
    call: (fun, args, kwargs) => functions.call(fun, args, kwargs),
  };
  return { run: async () => (await runChunks(compiled.chunks, running)) as unknown as Json };
}

/** The states as Salt's high data, or the mistakes in the files. */
export async function showOrchestration(work: StandInWork, ask: AskMaster): Promise<Json> {
  const { request, options } = compilation(work, ask);
  const { errors, high } = await showStates(request, options);
  return errors.length > 0 ? [...errors] : high;
}

function compilation(
  work: StandInWork,
  ask: AskMaster,
): {
  readonly request: Parameters<typeof compileRequest>[0];
  readonly options: CompileOptions;
  readonly functions: StandInFunctions;
} {
  const { id, grains, opts, roots, git, mods, given, exclude, saltenv, pillar, now } = work;
  const environments = environmentsWithKept(environmentsOfRoots(roots as Roots), new Map(git.places), git.first);
  const functions = standInFunctions(work, (call) => ask('read', { ...call, arg: [...call.arg] }));
  const context = { id, grains, pillar, opts, saltenv, now, functions: functions.forTemplates };
  const shown = `the arguments of state.${mods.join(',')}`;
  return {
    request: { sls: mods, given: given && { text: `#!json\n${JSON.stringify(given)}`, shown }, exclude },
    options: { environments, context, registry: orchestrationStates, saltenv },
    functions,
  };
}
