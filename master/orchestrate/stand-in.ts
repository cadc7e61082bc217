import {
  isMasterStep,
  type MasterStepResult,
  type MinionEnding,
  type Targets,
} from '../../lib/contracts/orchestration.ts';
import type { Foreseen, Machine } from '../../lib/contracts/machine.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { sourcesOf, type Environments } from '../../states/engine/environments.ts';
import { contextIn, renderText, type RenderContext } from '../../states/engine/render.ts';
import { nothing } from './nothing.ts';

/** Asks the master's own process. */
export type AskMaster = (what: 'targets' | 'rehearse' | 'perform' | 'read', of: Json) => Promise<Json>;

/** What stands in for a machine in an orchestration: it has a pillar and a state tree, and nothing that could be changed. */
export function standIn(context: RenderContext, environments: Environments, ask: AskMaster): Machine & Foreseen {
  const { id, grains, pillar, opts, saltenv } = context;
  const plain = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json;
  const inEnvironment: Machine['inEnvironment'] = (asked) => ({
    sources: sourcesOf(environments, asked),
    render: (text, name, names) => renderText({ text, name, context: names }, contextIn(context, asked), environments),
  });
  return {
    id,
    now: () => context.now ?? 0,
    grains,
    pillar,
    opts,
    saltenv,
    ...inEnvironment(saltenv),
    inEnvironment,
    environment: {},
    files: nothing('files'),
    accounts: nothing('accounts'),
    packages: nothing('packages'),
    services: nothing('services'),
    downloads: nothing('downloads'),
    processes: nothing('commands'),
    ask: () => Promise.reject(orchestrationErrors.notHere({ what: 'commands' })),
    master: {
      // The master's own process answers with nothing else.
      targets: async (tgt, type) => (await ask('targets', plain({ tgt, type }))) as unknown as Targets,
    },
    async perform(step) {
      if (!isMasterStep(step)) throw orchestrationErrors.notHere({ what: `steps such as '${step.do}'` });
      return (await ask('perform', plain(step))) as unknown as MasterStepResult;
    },
    lay() {},
  };
}

/** The same for test mode: what can be tried on minions without changing them is. */
export function rehearsing(machine: Machine & Foreseen, ask: AskMaster): Foreseen {
  const { master } = machine;
  if (!master) return machine;
  return {
    ...machine,
    master: {
      ...master,
      rehearse: async (job) =>
        (await ask('rehearse', JSON.parse(JSON.stringify(job)) as JsonMap)) as unknown as MinionEnding[],
    },
  };
}
