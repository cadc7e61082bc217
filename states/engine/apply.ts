import type { Clock } from '../../lib/clock.ts';
import type { ShownStates, StateRequest } from '../../lib/contracts/execution.ts';
import type { Foreseen, Machine } from '../../lib/contracts/machine.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { RunWatcher, StateRegistry, StateReturn } from '../../lib/contracts/state.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { nearest } from '../../lib/nearest.ts';
import { fetchAhead } from './ahead.ts';
import { compileHighstate, compileSls, type Compiled, type CompileOptions } from './compile.ts';
import type { CallExecution } from './conditions.ts';
import type { RenderContext } from './render.ts';
import { runChunks } from './run.ts';
import type { TopOptions } from './top.ts';
import { highData, lowData, withNeeds } from './show.ts';
import { environmentsWith, type Environments } from './environments.ts';

export interface ApplyOptions {
  readonly request: Pick<StateRequest, 'sls' | 'test' | 'given' | 'only' | 'exclude'>;
  readonly environments: Environments;
  readonly machine: Machine;
  /** Lays plans over a machine, for test mode. */
  readonly foresee: (machine: Machine) => Foreseen;
  readonly context: RenderContext;
  readonly registry: StateRegistry;
  readonly clock: Clock;
  readonly failhard?: boolean;
  /** `state_aggregate` of the config. */
  readonly aggregate?: boolean | readonly string[] | undefined;
  readonly tops?: TopOptions | undefined;
  readonly saltenv?: string | undefined;
  readonly isLocked?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly call?: CallExecution | undefined;
  readonly watcher?: RunWatcher | undefined;
  /** Fires the event that a state asked for: with a tag of its own, or the usual one. */
  readonly fire?: ((tag: string | undefined, data: JsonMap) => Promise<unknown>) | undefined;
  /** The machine with its grains or pillar made anew. */
  readonly reload?: ((what: readonly ('grains' | 'pillar')[]) => Promise<Machine>) | undefined;
}

/** Compiles what a request names. */
export function compileRequest(
  { sls, given, exclude }: Pick<StateRequest, 'sls' | 'given' | 'exclude'>,
  compileOptions: CompileOptions,
): Promise<Compiled> {
  const options = { ...compileOptions, exclude };
  if (sls.length === 0) return compileHighstate(options);
  if (!given) return compileSls(sls, options);
  const [name = ''] = sls;
  const { text, shown } = given;
  const file = { environment: options.context.saltenv, path: `${name}.sls`, bytes: Buffer.from(text), shown };
  return compileSls(sls, { ...options, environments: environmentsWith(options.environments, file) });
}

/** Compiles, and shows what came of it. */
export async function showStates(
  request: Pick<StateRequest, 'sls' | 'given'>,
  options: CompileOptions,
): Promise<ShownStates> {
  const { declarations, chunks, errors, top } = await compileRequest(request, options);
  return {
    errors: errors.map(({ message }) => message),
    high: highData(declarations),
    low: lowData(chunks, declarations),
    files: [...new Set(declarations.map(({ sls }) => sls.name))],
    top,
  };
}

/**
 * Compiles the named state files, or the highstate, and runs them. A tree with any mistake in it runs nothing: the return
 * is then the list of all mistakes, as text.
 */
export async function applyStates(options: ApplyOptions): Promise<StateReturn> {
  const { request, machine } = options;
  const { chunks: all, errors } = await compileRequest(request, options);
  if (errors.length > 0) return errors.map(({ message }) => message);
  const { only } = request;
  const chunks = only === undefined ? all : withNeeds(all, ({ id }) => id === only);
  if (chunks.length === 0 && only !== undefined) {
    const ids = all.map(({ id }) => id);
    return [stateErrors.noSuchId({ id: only }, { hint: didYouMean(nearest(only, ids)) }).message];
  }
  // Templates of managed files are rendered in the middle of the run.
  if (chunks.some(({ args }) => args['template'] !== undefined)) await options.context.functions?.prepareAll();
  fetchAhead(chunks, options.environments);
  return runChunks(chunks, {
    ...options,
    foreseen: request.test ? options.foresee(machine) : undefined,
    async onEvent({ event }, result) {
      await options.fire?.(typeof event === 'string' ? event : undefined, { ret: result as unknown as JsonMap });
    },
  });
}
