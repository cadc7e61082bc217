import type { AnyStateFunction, StateFunction } from '../../lib/contracts/state.ts';
import type { Step } from '../../lib/yaml/load.ts';
import type { CommonArguments } from './common-arguments.ts';
import type { RequisiteKind, Target } from './common.ts';
import type { Argument } from './declaration.ts';
import type { Sls } from './sls.ts';

/** A requisite as written, to be tied to the states it means. */
export interface Requisite {
  readonly kind: RequisiteKind;
  readonly isReversed: boolean;
  readonly target: Target;
  readonly written: Argument;
  /** Which entry of its list. */
  readonly index: number;
}

/** `prerequired`: the other end of `prereq`; such a state has done its part before. */
export type LinkKind = RequisiteKind | 'prerequired';

/** A requisite tied to the states that it means. */
export interface Link {
  readonly kind: LinkKind;
  readonly chunks: readonly Chunk[];
}

/** One state to run: a function with checked arguments. Salt's "low chunk". */
export interface Chunk extends Omit<CommonArguments, 'order' | 'saltenv'> {
  readonly id: string;
  readonly name: string;
  readonly module: string;
  readonly fun: string;
  readonly sls: Sls;
  /** The environment its sources are from: that of its file, unless it names another. */
  readonly saltenv: string;
  readonly path: readonly Step[];
  /** `<mod>_|-<id>_|-<name>_|-<fun>` */
  readonly tag: string;
  readonly state: StateFunction<never, unknown> | AnyStateFunction;
  /** What the function's schema made of its arguments. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly order: number;
  readonly requisites: readonly Requisite[];
  /** Filled when requisites are tied. */
  readonly links: Link[];
}

/** What people call a state in messages: `file /etc/motd`. */
export function called({ module, id }: Chunk): string {
  return `${module} '${id}'`;
}

/** The states that one requires or watches, each once. */
export function requirementsOf({ links }: Chunk): Chunk[] {
  if (links.length === 0) return [];
  const meant = links.filter(({ kind }) => kind.startsWith('require') || kind.startsWith('watch'));
  return [...new Set(meant.flatMap(({ chunks }) => chunks))];
}
