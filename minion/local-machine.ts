import type { Machine } from '../lib/contracts/machine.ts';
import { templateData, type RenderContext } from '../states/engine/render.ts';
import { compileTemplate } from '../states/engine/template/template.ts';
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
  const { id, grains, pillar, opts, functions } = context;
  return createMachine({
    id,
    grains,
    pillar,
    opts,
    ...localParts(root, commandsOutsideRoot),
    functions: callable,
    sources: sourcesOf(tree),
    render: (template, name, names) => {
      const data = { ...templateData(context, {}), ...names };
      return compileTemplate(template, name).render(data, functions?.call).text;
    },
  });
}
