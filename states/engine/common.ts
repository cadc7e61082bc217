import { describe } from '../../lib/describe.ts';
import type { Yaml } from '../../lib/yaml/maps.ts';

/* Requisites, as they are written: what every state may say of others. */

/** A requisite's target: one state by module and id or name, any state by id or name, or all states of a file. */
export interface Target {
  /** Undefined: any. `sls`: the value is a state file's name. */
  readonly module: string | undefined;
  readonly name: string;
}

export const requisiteKinds = [
  'require',
  'require_any',
  'watch',
  'watch_any',
  'prereq',
  'onfail',
  'onfail_any',
  'onfail_all',
  'onchanges',
  'onchanges_any',
  'listen',
] as const;
export type RequisiteKind = (typeof requisiteKinds)[number];

/** Those that can be said from the other end: `require_in`. */
const reversible = ['require', 'watch', 'prereq', 'onfail', 'onchanges', 'listen'] as const;
export const reversedKinds = reversible.map((kind) => `${kind}_in` as const);

/** What takes over arguments, and is gone once they are taken. */
export const useKinds = ['use', 'use_in'] as const;

/** What they say, a sentence each. */
export const requisiteSummaries: Readonly<Record<RequisiteKind | (typeof useKinds)[number], string>> = {
  require: 'All have to be well.',
  require_any: 'One has to be well.',
  watch: 'As `require`; when something changed and the state has nothing to do itself, it reacts (a service restarts).',
  watch_any: 'As `require_any`, and reacts.',
  prereq: 'Runs before the named ones, and only if one of them would change; they run only if it does not fail.',
  onfail: 'Runs only if one failed.',
  onfail_any: 'The same as `onfail`.',
  onfail_all: 'Runs only if all failed.',
  onchanges: 'Runs only if one changed; fails if one failed.',
  onchanges_any: 'As `onchanges`, but one that changed makes up for one that failed.',
  listen: 'Reacts at the end of the run, once, if one changed; waits for nothing.',
  use: 'Takes over arguments that it lacks, but for its name and its requisites.',
  use_in: 'Gives them its arguments where they lack them, but for its name and its requisites.',
};

export function isRequisiteKind(name: string): name is RequisiteKind {
  return (requisiteKinds as readonly string[]).includes(name);
}

/** The kind that `require_in` and its kin say from the other end. */
export function reversed(name: string): RequisiteKind | undefined {
  return reversible.find((kind) => name === `${kind}_in`);
}

/** Arguments that name other states, in any way: extending a state adds to them, and no state takes them over. */
export function namesOthers(name: string): boolean {
  return isRequisiteKind(name) || reversed(name) !== undefined || (useKinds as readonly string[]).includes(name);
}

/** The targets of a requisite as written, or what was found in place of a list of them. */
export function targetsOf(value: Yaml): readonly { readonly target: Target; readonly index: number }[] | string {
  if (!Array.isArray(value)) return describe(value);
  const targets: { target: Target; index: number }[] = [];
  for (const [index, item] of value.entries()) {
    if (typeof item === 'string') targets.push({ target: { module: undefined, name: item }, index });
    else if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      for (const [module, name] of Object.entries(item)) {
        if (typeof name !== 'string' && typeof name !== 'number') return `a target that is ${describe(name)}`;
        // `id: x` is any state that is called so, as a bare `x`; `file.managed: x` is a slip for `file: x`.
        const meant = module === 'id' ? undefined : (module.split('.')[0] ?? module);
        targets.push({ target: { module: meant, name: String(name) }, index });
      }
    } else return `a list with ${describe(item)}`;
  }
  return targets;
}
