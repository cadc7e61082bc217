import type { Clock } from '../../lib/clock.ts';
import type { StateRequest } from '../../lib/contracts/execution.ts';
import type { Foreseen, Machine } from '../../lib/contracts/machine.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { RunWatcher, StateRegistry, StateReturn } from '../../lib/contracts/state.ts';
import type { Nodegroups } from '../../lib/target/target.ts';
import { compileHighstate, compileSls } from './compile.ts';
import type { CallExecution } from './conditions.ts';
import type { RenderContext } from './render.ts';
import { runChunks } from './run.ts';
import type { Tree } from './tree.ts';

export interface ApplyOptions {
  readonly request: Pick<StateRequest, 'sls' | 'test'>;
  readonly tree: Tree;
  readonly machine: Machine;
  /** Lays plans over a machine, for test mode. */
  readonly foresee: (machine: Machine) => Foreseen;
  readonly context: RenderContext;
  readonly registry: StateRegistry;
  readonly clock: Clock;
  readonly failhard?: boolean;
  readonly nodegroups?: Nodegroups | undefined;
  readonly top?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly call?: CallExecution | undefined;
  readonly watcher?: RunWatcher | undefined;
  /** Fires the event that a state asked for: with a tag of its own, or the usual one. */
  readonly fire?: ((tag: string | undefined, data: JsonMap) => Promise<unknown>) | undefined;
  /** The machine with its grains or pillar made anew. */
  readonly reload?: ((what: readonly ('grains' | 'pillar')[]) => Promise<Machine>) | undefined;
}

/**
 * Compiles the named state files, or the highstate, and runs them. A tree with any mistake in it runs nothing: the return
 * is then the list of all mistakes, as text.
 */
export async function applyStates(options: ApplyOptions): Promise<StateReturn> {
  const { request, machine } = options;
  const { chunks, errors } =
    request.sls.length === 0 ? await compileHighstate(options) : await compileSls(request.sls, options);
  if (errors.length > 0) return errors.map(({ message }) => message);
  // Templates of managed files are rendered in the middle of the run.
  if (chunks.some(({ args }) => args['template'] !== undefined)) await options.context.functions?.prepareAll();
  return runChunks(chunks, {
    ...options,
    foreseen: request.test ? options.foresee(machine) : undefined,
    async onEvent({ event }, result) {
      await options.fire?.(typeof event === 'string' ? event : undefined, { ret: result as unknown as JsonMap });
    },
  });
}
