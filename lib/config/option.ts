import type { Kind } from './kinds.ts';

/** One option: what it may be, what it is when nobody says, and what it is for. */
export interface Option<T> {
  readonly kind: Kind<T>;
  readonly fallback: T;
  /** For the reference: one sentence or two. */
  readonly doc: string;
  /** Another name it is written by; `config` has it under its first name. */
  readonly alias?: string;
  /** Its value is shown nowhere. */
  readonly secret?: boolean;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values that a set of options gives. */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K]['fallback'] };

/** Describes one option. */
export function option<T>(
  kind: Kind<T>,
  fallback: NoInfer<T>,
  doc: string,
  more: { readonly alias?: string; readonly secret?: boolean } = {},
): Option<T> {
  return { kind, fallback, doc, ...more };
}
