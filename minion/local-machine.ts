import type { Machine } from '../lib/contracts/machine.ts';
import { renderText, type RenderContext } from '../states/engine/render.ts';
import { sourcesOf, type Tree } from '../states/engine/tree.ts';
import { createMachine, localParts, type Functions } from './machine/machine.ts';

/** The machine this process runs on, or the tree under `root`. `context` is what templates of managed files see. */
export function createLocalMachine(
  root: string,
  commandsOutsideRoot: boolean,
  tree: Tree,
  context: RenderContext,
  callable?: Functions,
): Machine {
  const { id, grains, pillar, opts } = context;
  return createMachine({
    id,
    grains,
    pillar,
    opts,
    ...localParts(root, commandsOutsideRoot),
    functions: callable,
    sources: sourcesOf(tree),
    render: (template, name, names) => renderText({ text: template, name, context: names }, context, tree),
  });
}
