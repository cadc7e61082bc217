import type { Machine } from '../lib/contracts/machine.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Clock } from '../lib/clock.ts';
import { templateData, type RenderContext } from '../states/engine/render.ts';
import { compileTemplate } from '../states/engine/template/template.ts';
import { sourcesOf, type Tree } from '../states/engine/tree.ts';
import { createMachine, localParts } from './machine/machine.ts';
import { createPackages } from './machine/packages.ts';
import { createProcesses } from './machine/processes.ts';
import { createServices } from './machine/services.ts';
import { lookAtInit } from './machine/services/init.ts';

export interface LocalMachineOptions {
  readonly id: string;
  readonly grains: JsonMap;
  readonly pillar: JsonMap;
  readonly opts: JsonMap;
  readonly root: string;
  readonly tree: Tree;
  readonly clock: Clock;
  readonly rendering: RenderContext;
}

/** The machine this process runs on, or the tree under `root`. */
export function createLocalMachine(options: LocalMachineOptions): Machine {
  const { id, grains, pillar, opts, root, tree, clock, rendering } = options;
  const parts = localParts(root);
  const { files, processes } = parts;
  const uid = process.getuid?.() ?? 0;
  // systemctl goes into another tree by itself.
  const outside = root === '/' ? processes : createProcesses({ root: '/', user: (user) => parts.accounts.user(user) });
  return createMachine({
    id,
    grains,
    pillar,
    opts,
    ...parts,
    packages: createPackages({ files, processes, uid, clock }),
    services: createServices({ root, processes: outside, init: lookAtInit(), clock }),
    sources: sourcesOf(tree),
    render: (template, name, context) => {
      const { functions } = rendering;
      const data = { ...templateData(rendering, {}), ...context };
      return compileTemplate(template, name).render(data, functions?.call).text;
    },
  });
}
