import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecModule } from '../../lib/contracts/execution.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { isOptional, nodeOf } from '../../lib/schema/node.ts';
import { words } from '../../lib/schema/words.ts';

const some = v.strictObject({ names: v.optional(v.array(v.string()), []) });

/**
 * The functions of the named modules, and those that are named or fit a glob themselves; all of them for no name. A module
 * that can't be used has none, and is logged.
 */
async function functionsOf(
  names: readonly string[],
  { modules, log }: ExecContext,
): Promise<Map<string, ExecModule['functions'][string]>> {
  const fits = names.map((name) => fnmatch(name));
  const found = new Map<string, ExecModule['functions'][string]>();
  for (const module of modules.names) {
    const { functions } = await modules.load(module).catch((thrown: unknown): ExecModule => {
      log('warning', 'a module has no functions', { module, reason: messageOf(thrown) });
      return { functions: {} };
    });
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
    run: (_, { modules }) => [...modules.names].sort(),
  }),
  list_functions: defineFunction({
    summary: 'The execution functions: of these modules, those that fit these globs, or all.',
    args: some,
    rest: 'names',
    run: async ({ names }, context) => [...(await functionsOf(names, context)).keys()].sort(),
  }),
  doc: defineFunction({
    summary: 'What execution functions do and take: those of these modules, those that are named, or all.',
    args: some,
    rest: 'names',
    async run({ names }, context) {
      const all = await functionsOf(names, context);
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
    async run({ names }, context) {
      const all = await functionsOf(names, context);
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
