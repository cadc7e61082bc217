import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { listedModule } from '../../lib/system/kernel-modules.ts';
import { checkModules, moduleArgs, readModules, some, withLoaded, writeList, type ModuleFacts } from './modules.ts';

const args = v.strictObject({
  ...moduleArgs,
  /** A line of the list becomes a comment, and is not removed. */
  comment: v.optional(v.boolean(), true),
});

export default defineState<typeof args, ModuleFacts & { readonly problem?: string | undefined }>({
  summary: 'A module of the kernel is not loaded; with `persist` it is on no list for the next start either.',
  example: `
pcspkr:
  kmod.absent:
    - persist: True
`,
  args,
  reads: ['files'],
  check: checkModules,
  read: (given, { files }) => ({
    ...readModules(given, files),
    problem: lacking(files, 'rmmod', 'Removing modules', 'kmod'),
  }),

  plan({ persist, comment }, { problem, wanted, loaded, list }) {
    const names = wanted.map(({ name }) => name);
    const isListed = (name: string): boolean => list.lines.some((line) => listedModule(line) === name);
    const todo = names.filter((name) => loaded.has(name) || (persist && isListed(name)));
    if (todo.length === 0) return alreadyRight(some(names, (verb) => `${verb} already removed`));
    const remove = todo.filter((name) => loaded.has(name));
    if (remove.length > 0 && problem !== undefined) return impossible(problem);
    const now = new Map(loaded);
    const steps: Step[] = [];
    for (const name of remove) {
      const { uses = 0, users = [] } = now.get(name) ?? {};
      const left = users.filter((user) => now.has(user));
      // Each of those that use it counts for one; so do file systems, devices and the like.
      if (left.length > 0 || uses > users.length) {
        const by = left.length > 0 ? ` by ${left.join(', ')}` : '';
        return impossible(`Failed to remove kernel module ${name}: it is in use${by}`);
      }
      now.delete(name);
      steps.push(withLoaded(['rmmod', '--', name], now.values()));
    }
    if (persist && todo.some(isListed)) {
      const lines = list.lines.flatMap((line) => {
        if (!todo.includes(listedModule(line) ?? '')) return [line];
        return comment ? [`#${line}`] : [];
      });
      steps.push(writeList(list, lines));
    }
    return {
      changes: Object.fromEntries(todo.map((name) => [name, 'removed'])),
      comment: some(todo, (verb) => `${verb} set to be removed`),
      done: `Removed kernel module${todo.length === 1 ? '' : 's'} ${todo.join(', ')}`,
      steps,
    };
  },
});
