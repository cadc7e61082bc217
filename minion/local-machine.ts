import type { Machine } from '../lib/contracts/machine.ts';
import { sourcesOf, type Environments } from '../states/engine/environments.ts';
import { contextIn, renderText, type RenderContext } from '../states/engine/render.ts';
import { createMachine, localParts, type Functions } from './machine/machine.ts';

/** The machine this process runs on, or the tree under `root`. `context` is what templates of managed files see. */
export function createLocalMachine(
  root: string,
  commandsOutsideRoot: boolean,
  environments: Environments,
  context: RenderContext,
  callable?: Functions,
): Machine {
  const { id, grains, pillar, opts, saltenv } = context;
  const inEnvironment: Machine['inEnvironment'] = (asked) => ({
    sources: sourcesOf(environments, asked),
    render: (text, name, names) => renderText({ text, name, context: names }, contextIn(context, asked), environments),
  });
  return createMachine({
    id,
    grains,
    pillar,
    opts,
    ...localParts(root, commandsOutsideRoot),
    functions: callable,
    saltenv,
    ...inEnvironment(saltenv),
    inEnvironment,
  });
}
