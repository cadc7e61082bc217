import { describe } from '../../lib/describe.ts';
import type { Yaml } from '../../lib/yaml/maps.ts';

/* The arguments that every state takes. */

/** A requisite's target: one state by module and id or name, any state by id or name, or all states of a file. */
export interface Target {
  /** Undefined: any. `sls`: the value is a state file's name. */
  readonly module: string | undefined;
  readonly name: string;
}

export const requisiteKinds = ['require', 'watch', 'onfail', 'onchanges'] as const;
export type RequisiteKind = (typeof requisiteKinds)[number];

export function isRequisiteKind(name: string): name is RequisiteKind {
  return (requisiteKinds as readonly string[]).includes(name);
}

/** `require_in` and its kin: the same, said from the other end. */
export function reversed(name: string): RequisiteKind | undefined {
  const kind = name.endsWith('_in') ? name.slice(0, -3) : '';
  return isRequisiteKind(kind) ? kind : undefined;
}

/** What Salt has for every state and is still to come here. */
export const notYetSupported: ReadonlySet<string> = new Set([
  'prereq',
  'prereq_in',
  'use',
  'use_in',
  'listen',
  'listen_in',
  'onfail_all',
  'onfail_stop',
  'onfail_any',
  'require_any',
  'watch_any',
  'onchanges_any',
  'check_cmd',
  'retry',
  'parallel',
  'aggregate',
  'fire_event',
  'reload_modules',
  'reload_grains',
  'reload_pillar',
  'saltenv',
  'runas',
  'runas_password',
  'umask',
  'cmd_opts_exclude',
]);

/** The targets of a requisite as written, or what was found in place of a list of them. */
export function targetsOf(value: Yaml): readonly { readonly target: Target; readonly index: number }[] | string {
  if (!Array.isArray(value)) return describe(value);
  const targets: { target: Target; index: number }[] = [];
  for (const [index, item] of value.entries()) {
    if (typeof item === 'string') targets.push({ target: { module: undefined, name: item }, index });
    else if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      for (const [module, name] of Object.entries(item)) {
        if (typeof name !== 'string' && typeof name !== 'number') return `a target that is ${describe(name)}`;
        // `file.managed: x` is a slip for `file: x`.
        targets.push({ target: { module: module.split('.')[0] ?? module, name: String(name) }, index });
      }
    } else return `a list with ${describe(item)}`;
  }
  return targets;
}

/** A condition on running: text for a shell, or an execution function. */
export type Condition =
  | string
  | { readonly fun: string; readonly args: readonly Yaml[]; readonly kwargs: Readonly<Record<string, Yaml>> };

/** `unless` or `onlyif` as written; undefined for what can't be a condition. A boolean is its own answer, as text for a shell. */
export function conditionsOf(value: Yaml): readonly Condition[] | undefined {
  const items = Array.isArray(value) ? value : [value];
  const conditions = items.map((item): Condition | undefined => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean') return item ? 'true' : 'false';
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
    const { fun, args, ...kwargs } = item;
    return typeof fun === 'string' ? { fun, args: Array.isArray(args) ? args : [], kwargs } : undefined;
  });
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined;
}
