import type { ExecContext, ExecFunction, ModuleRegistry } from '../lib/contracts/execution.ts';
import { executionErrors } from '../lib/errors/execution.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import type { TemplateFunctions } from '../states/engine/render.ts';
import { bindArguments, findFunction } from './functions.ts';

const instead =
  "what a command says comes from a grain, from pillar (ext_pillar: cmd_yaml), or from the state's own command, unless and onlyif";

/** The execution functions that templates may call: those declared `sync`, loaded before the template is rendered. */
export function templateFunctions(registry: ModuleRegistry, context: () => ExecContext): TemplateFunctions {
  const ready = new Map<string, ExecFunction>();
  /** Why one that a template names can't be had: told where it is called. */
  const missing = new Map<string, Error>();

  async function prepare(names: ReadonlySet<string>): Promise<void> {
    for (const name of names) {
      if (ready.has(name)) continue;
      try {
        ready.set(name, await findFunction(name, registry));
      } catch (thrown) {
        if (!(thrown instanceof Error)) throw thrown;
        missing.set(name, thrown);
      }
    }
  }

  function problem(fun: string): Error | undefined {
    const found = ready.get(fun);
    if (!found) return missing.get(fun) ?? executionErrors.noSuchFunction({ fun });
    return found.sync === true ? undefined : executionErrors.notForTemplates({ fun }, { hint: instead });
  }

  return {
    prepare,
    problem,
    async prepareAll() {
      for (const module of registry.names) {
        const { functions } = await registry.load(module);
        for (const [name, found] of Object.entries(functions)) if (found.sync) ready.set(`${module}.${name}`, found);
      }
    },
    call(fun, args, named) {
      const found = ready.get(fun);
      const trouble = problem(fun);
      if (!found || trouble) throw trouble ?? executionErrors.noSuchFunction({ fun });
      // What templates hold is data.
      const answer = found.run(bindArguments(fun, found, args as Json[], named as JsonMap) as never, context());
      // With these arguments it would have to be waited for.
      if (!(answer instanceof Promise)) return answer;
      answer.catch(() => {});
      throw executionErrors.notForTemplates({ fun }, { hint: instead });
    },
  };
}
