import type { ExecContext, ExecFunction, ExecModule, ModuleRegistry } from '../../lib/contracts/execution.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { executionErrors } from '../../lib/errors/execution.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { NotYet } from './files.ts';
import type { TemplateFunctions } from './render.ts';
import { bindArguments, findFunction } from '../../lib/execution/functions.ts';

/** So many answers are fetched in a run: a template that asks for another one each time it is rendered is never done. */
const mostFetched = 1_000;

type Answer = () => unknown;

const instead =
  "what a command says comes from a grain, from pillar (ext_pillar: cmd_yaml), or from the state's own command, unless and onlyif";

/**
 * The execution functions that templates may call, loaded before the template is rendered: those declared `sync`, and those
 * declared `fetched`, whose answers are waited for. What was answered once is so as long as the context is there: a run, in
 * which what is rendered twice must not differ.
 */
export function templateFunctions(registry: ModuleRegistry, context: () => ExecContext): TemplateFunctions {
  const ready = new Map<string, ExecFunction>();
  /** Why one that a template names can't be had: told where it is called. */
  const missing = new Map<string, Error>();
  /** Of what is fetched, by function and arguments. */
  const answers = new Map<string, Answer>();
  const broken = new Map<string, Error>();

  /** One that can't be loaded has none of the functions: that is told where one is called. */
  async function loaded(module: string): Promise<ExecModule> {
    try {
      return await registry.load(module);
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      broken.set(module, thrown);
      return { functions: {} };
    }
  }

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
    if (!found)
      return missing.get(fun) ?? broken.get(fun.split('.')[0] ?? '') ?? executionErrors.noSuchFunction({ fun });
    return found.sync === true || found.fetched === true
      ? undefined
      : executionErrors.notForTemplates({ fun }, { hint: instead });
  }

  /** The answer, or what it raised, once it is there. Raises `NotYet` until then. */
  function fetched(fun: string, found: ExecFunction, bound: Record<string, unknown>): unknown {
    const key = `${fun} ${JSON.stringify(bound)}`;
    const known = answers.get(key);
    if (known) return known();
    if (answers.size >= mostFetched) throw executionErrors.tooManyFetched({ fun, most: mostFetched });
    // Of two that ask at a time, the first that is answered decides.
    const keep = (answer: Answer): unknown => answers.has(key) || answers.set(key, answer);
    const asked = Promise.resolve(found.run(bound as never, context()));
    throw new NotYet(
      asked.then(
        // Code may change what it is given.
        (value) => keep(() => structuredClone(value)),
        (thrown: unknown) =>
          keep(() => {
            throw thrown;
          }),
      ),
    );
  }

  return {
    prepare,
    problem,
    async prepareAll() {
      for (const module of registry.names) {
        const { functions } = await loaded(module);
        for (const [name, found] of Object.entries(functions))
          if (found.sync || found.fetched) ready.set(`${module}.${name}`, found);
      }
    },
    call(fun, args, named) {
      const found = ready.get(fun);
      const trouble = problem(fun);
      if (!found || trouble) throw trouble ?? executionErrors.noSuchFunction({ fun });
      // What templates hold is data.
      const bound = bindArguments(fun, found, args as Json[], named as JsonMap);
      if (found.fetched === true) return fetched(fun, found, bound);
      const answer = found.run(bound as never, context());
      // With these arguments it would have to be waited for.
      if (!(answer instanceof Promise)) return answer;
      answer.catch(() => {});
      throw executionErrors.notForTemplates({ fun }, { hint: instead });
    },
  };
}
