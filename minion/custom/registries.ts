import { keptModules } from '../../lib/custom/kinds.ts';
import { folderOf, type MinionKind } from '../../lib/custom/names.ts';
import { loadCustom } from '../../lib/custom/load.ts';
import type { CustomBeacon, CustomBeaconRegistry } from '../../lib/contracts/beacon.ts';
import type { ExecFunction, ExecModule, ModuleRegistry } from '../../lib/contracts/execution.ts';
import type { AnyStateFunction, StateRegistry } from '../../lib/contracts/state.ts';
import { customErrors } from '../../lib/errors/custom.ts';
import { isMap } from '../../lib/json.ts';
import type { LoadedModule } from '../../lib/modules/load.ts';
import type { CustomCode } from './code.ts';
import type { CustomPlugin } from './index-file.ts';
import { problemText } from './turns.ts';

/** The code as it is by now: a run may have fetched another one. Undefined for none. */
export type CurrentCode = () => CustomCode | undefined;

/** The plugin of this kind and name; undefined where there is none. */
export function pluginNamed(
  code: Pick<CustomCode, 'index'> | undefined,
  kind: MinionKind,
  name: string,
): CustomPlugin | undefined {
  // What can't be replaced is as it was.
  if (kind === 'modules' && keptModules.includes(name)) return undefined;
  return code?.index.plugins.find((plugin) => plugin.kind === kind && plugin.name === name);
}

/** What is wrong with a plugin, as a sentence; undefined for nothing. */
export function problemOf({ problems }: CustomPlugin): string | undefined {
  return problemText(problems);
}

/** The execution modules with the operator's own: one of the same name takes the place of a built-in one, as in Salt. */
export function modulesWith(builtin: ModuleRegistry, current: CurrentCode): ModuleRegistry {
  return {
    get names() {
      const own = namesOf(current(), 'modules');
      return own.length === 0 ? builtin.names : [...new Set([...builtin.names, ...own])];
    },
    async load(name) {
      const code = current();
      const plugin = pluginNamed(code, 'modules', name);
      if (!code || !plugin) return builtin.load(name);
      const { value, blame } = await load(code, plugin);
      // Its kind's shape has it.
      const { functions } = value as ExecModule;
      return {
        functions: Object.fromEntries(
          Object.entries(functions).map(([fun, made]) => [fun, guarded<ExecFunction>(made, blame)]),
        ),
      };
    },
  };
}

/** The state functions with the operator's own: a module of the same name takes the place of all of a built-in one. */
export function statesWith(builtin: StateRegistry, current: CurrentCode): StateRegistry {
  let known: { readonly code: CustomCode; readonly names: readonly string[] } | undefined;
  return {
    ...builtin,
    get names() {
      const code = current();
      const modules = namesOf(code, 'states');
      if (!code || modules.length === 0) return builtin.names;
      if (known?.code !== code) known = { code, names: allStates(builtin, code, modules) };
      return known.names;
    },
    async load(name) {
      const [module = '', fun = ''] = name.split('.');
      const code = current();
      const plugin = pluginNamed(code, 'states', module);
      if (!code || !plugin) return builtin.load(name);
      const { value, blame } = await load(code, plugin);
      const state = isMap(value) && Object.hasOwn(value, fun) ? value[fun] : undefined;
      if (state === undefined) throw new RangeError(`no state function ${name}`);
      return guarded(state as AnyStateFunction, blame);
    },
    broken(module) {
      const plugin = pluginNamed(current(), 'states', module);
      return plugin && problemOf(plugin);
    },
    whyAbsent: (name, argument) =>
      pluginNamed(current(), 'states', name.split('.')[0] ?? '') ? undefined : builtin.whyAbsent?.(name, argument),
  };
}

/** The operator's own beacons, to ask what they take; those that look have processes of their own. */
export function customBeaconsOf(current: CurrentCode): CustomBeaconRegistry {
  return {
    get names() {
      return namesOf(current(), 'beacons');
    },
    async load(name) {
      const code = current();
      const plugin = pluginNamed(code, 'beacons', name);
      if (!code || !plugin) throw new RangeError(`no beacon ${name} of the state tree`);
      // Its kind's shape has it.
      return (await load(code, plugin)).value as CustomBeacon;
    },
  };
}

function allStates(builtin: StateRegistry, code: CustomCode, modules: readonly string[]): readonly string[] {
  const own = code.index.plugins
    .filter(({ kind }) => kind === 'states')
    .flatMap(({ name, functions }) => functions.map((fun) => `${name}.${fun}`));
  return [...builtin.names.filter((name) => !modules.includes(name.split('.')[0] ?? '')), ...own].sort();
}

function namesOf(code: CustomCode | undefined, wanted: MinionKind): readonly string[] {
  return (code?.index.plugins ?? []).filter(({ kind }) => kind === wanted).map(({ name }) => name);
}

/** Raises what was wrong with it when it was tried: it is not run again. */
async function load(code: CustomCode, plugin: CustomPlugin) {
  const { kind, name, path, environment } = plugin;
  const why = problemOf(plugin);
  if (why !== undefined) throw customErrors.broken({ name: `${folderOf(kind)}/${name}`, why });
  return loadCustom(kind, path, code.tree(environment));
}

/** The same thing; what its functions throw has the place in the file. */
function guarded<T extends object>(made: T, blame: LoadedModule['blame']): T {
  const guard =
    (work: (...given: unknown[]) => unknown) =>
    (...given: unknown[]): unknown => {
      try {
        const answer = work.apply(made, given);
        return answer instanceof Promise ? answer.catch((thrown: unknown) => Promise.reject(blame(thrown))) : answer;
      } catch (thrown) {
        throw blame(thrown);
      }
    };
  const entries = Object.entries(made).map(([key, part]: [string, unknown]) => [
    key,
    typeof part === 'function' ? guard(part as (...given: unknown[]) => unknown) : part,
  ]);
  return Object.fromEntries(entries) as T;
}
