import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import {
  availableModules,
  listedModule,
  loadedModules,
  moduleName,
  modulesLines,
} from '../../lib/system/kernel-modules.ts';

const mod = v.string();

/** Modules of the kernel. */
export default defineModule({
  lsmod: defineFunction({
    summary: 'All modules that are loaded, with what uses them.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) =>
      [...loadedModules(machine.files).values()].map(({ name, size, uses, users }) => ({
        module: name,
        size: String(size),
        depcount: String(uses),
        deps: users,
      })),
  }),
  mod_list: defineFunction({
    summary: 'The names of all modules that are loaded, or of those that are loaded at each start.',
    args: v.strictObject({ only_persist: v.optional(v.boolean(), false) }),
    sync: true,
    run({ only_persist: kept }, { machine }) {
      const listed = modulesLines(machine.files).map(listedModule);
      const names = kept ? listed.filter((name) => name !== undefined) : [...loadedModules(machine.files).keys()];
      return names.sort();
    },
  }),
  is_loaded: defineFunction({
    summary: 'Whether a module is loaded.',
    args: v.strictObject({ mod }),
    sync: true,
    run: (given, { machine }) => loadedModules(machine.files).has(moduleName(given.mod)),
  }),
  check_available: defineFunction({
    summary: 'Whether there is a module of that name to load.',
    args: v.strictObject({ mod }),
    sync: true,
    run: (given, { machine }) => availableModules(machine.files).has(moduleName(given.mod)),
  }),
});
