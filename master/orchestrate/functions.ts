import type { ExecContext, ExecModule, ModuleRegistry } from '../../lib/contracts/execution.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { callFunction } from '../../lib/execution/functions.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { nodegroupsIn } from '../../lib/target/target.ts';
import type { RenderContext, TemplateFunctions } from '../../states/engine/render.ts';
import { templateFunctions } from '../../states/engine/template-functions.ts';
import { mineModule, saltutilModule, type ReadMaster } from './master-modules.ts';
import { nothing } from './nothing.ts';

/*
 * The execution functions that there are in place of a minion's where the master stands in for one: those that look at
 * nothing of a machine, and those that ask the master. None of them changes anything.
 */

type Load = () => Promise<{ readonly default: ExecModule }>;

const ofMinions: Readonly<Record<string, Load>> = {
  config: () => import('../../minion/modules/config.ts'),
  grains: () => import('../../minion/modules/grains.ts'),
  hashutil: () => import('../../minion/modules/hashutil.ts'),
  match: () => import('../../minion/modules/match.ts'),
  pillar: () => import('../../minion/modules/pillar.ts'),
  test: () => import('../../minion/modules/test.ts'),
};

const instead: Readonly<Record<string, string>> = {
  random: 'an orchestration that goes on after a restart would get another answer; pillar can hold one',
  saltutil: "'saltutil.runner' and 'saltutil.wheel' ask the master; jobs for minions are states, 'salt.function'",
};
const elsewhere =
  "'salt.function' has minions run it; 'saltutil.runner', 'mine.get' and pillar say what the master knows of them";

export interface StandInFunctions {
  readonly forTemplates: TemplateFunctions;
  /** Raises `TS_ORCHESTRATION_NO_FUNCTION` for one that is not there, and what the function raises. */
  call(fun: string, args: readonly Json[], kwargs: JsonMap): Promise<Json>;
}

/** What they see is what templates see. `read` asks the master's own functions. */
export function standInFunctions(
  seen: Pick<RenderContext, 'id' | 'grains' | 'pillar' | 'opts'>,
  read: ReadMaster,
): StandInFunctions {
  const own: Readonly<Record<string, ExecModule>> = { mine: mineModule(read), saltutil: saltutilModule(read) };
  const registry: ModuleRegistry = {
    names: [...Object.keys(ofMinions), ...Object.keys(own)],
    async load(name) {
      return own[name] ?? reading((await ofMinions[name]?.())?.default ?? { functions: {} });
    },
  };
  const context = nothing<ExecContext>('parts of a machine', {
    ...seen,
    nodegroups: nodegroupsIn(seen.opts),
    machine: nothing('files'),
  });
  const forTemplates = templateFunctions(registry, () => context);

  function absent(fun: string): Error | undefined {
    const [module = ''] = fun.split('.');
    if (registry.names.includes(module)) return undefined;
    const near = Object.hasOwn(instead, module) ? undefined : didYouMean(nearest(module, registry.names));
    return orchestrationErrors.noFunction({ fun }, { hint: instead[module] ?? near ?? elsewhere });
  }

  return {
    forTemplates: {
      ...forTemplates,
      prepare: (names) => forTemplates.prepare(new Set([...names].filter((fun) => !absent(fun)))),
      problem: (fun) => absent(fun) ?? forTemplates.problem(fun),
      call(fun, args, named) {
        const trouble = absent(fun);
        if (trouble) throw trouble;
        return forTemplates.call(fun, args, named);
      },
    },
    async call(fun, args, kwargs) {
      const trouble = absent(fun);
      if (trouble) throw trouble;
      return callFunction(fun, args, kwargs, context, registry);
    },
  };
}

/** Of a module what gives its answer at once: the rest may take long, or change something. */
function reading({ functions }: ExecModule): ExecModule {
  return {
    functions: Object.fromEntries(
      Object.entries(functions).filter(([, { sync, quick }]) => sync === true || quick === true),
    ),
  };
}
