import * as v from 'valibot';
import { defineFunction, defineModule, type ExecModule } from '../../lib/contracts/execution.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { isOptional, nodeOf } from '../../lib/schema/node.ts';
import { words } from '../../lib/schema/words.ts';

const some = v.strictObject({ names: v.optional(v.array(v.string()), []) });

/** The functions of the named modules, and those that are named or fit a glob themselves; all of them for no name. */
async function functionsOf(names: readonly string[]): Promise<Map<string, ExecModule['functions'][string]>> {
  // The registry names this module, too.
  const { builtinModules } = await import('./registry.ts');
  const fits = names.map((name) => fnmatch(name));
  const found = new Map<string, ExecModule['functions'][string]>();
  for (const module of builtinModules.names) {
    const { functions } = await builtinModules.load(module);
    for (const [name, fun] of Object.entries(functions)) {
      const title = `${module}.${name}`;
      if (names.length === 0 || fits.some((fit) => fit(module) || fit(title))) found.set(title, fun);
    }
  }
  return found;
}

/** What the minion can do. */
export default defineModule({
  list_modules: defineFunction({
    summary: 'The execution modules.',
    args: v.strictObject({}),
    async run() {
      const { builtinModules } = await import('./registry.ts');
      return [...builtinModules.names].sort();
    },
  }),
  list_functions: defineFunction({
    summary: 'The execution functions: of these modules, those that fit these globs, or all.',
    args: some,
    rest: 'names',
    run: async ({ names }) => [...(await functionsOf(names)).keys()].sort(),
  }),
  doc: defineFunction({
    summary: 'What execution functions do and take: those of these modules, those that are named, or all.',
    args: some,
    rest: 'names',
    async run({ names }) {
      const all = await functionsOf(names);
      return Object.fromEntries(
        [...all].map(([title, { summary, args }]) => {
          const lines = Object.entries(args.entries).map(
            ([name, schema]) =>
              `    ${name}${isOptional(schema) ? '' : ' (has to be given)'}: ${words(nodeOf(schema), (text) => text)}`,
          );
          return [title, [summary, ...lines].join('\n')];
        }),
      );
    },
  }),
  argspec: defineFunction({
    summary: 'The names of the arguments of execution functions, and which may be left out.',
    args: some,
    rest: 'names',
    async run({ names }) {
      const all = await functionsOf(names);
      return Object.fromEntries(
        [...all].map(([title, { args, rest, keywords }]) => {
          const entries = Object.entries(args.entries).filter(([name]) => name !== rest && name !== keywords);
          return [
            title,
            {
              args: entries.map(([name]) => name),
              optional: entries.filter(([, schema]) => isOptional(schema)).map(([name]) => name),
              varargs: rest ?? null,
              kwargs: keywords ?? null,
            },
          ];
        }),
      );
    },
  }),
});
