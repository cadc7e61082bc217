import type { ErrorDetails, TsaltError } from '../errors/error.ts';
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
  /** What is wrong inside a value that is of its kind. */
  // A method, so that every option fits: whoever calls it has parsed the value with this very kind.
  examine?(value: T): readonly Finding[];
}

/** A mistake inside an option's value. */
export interface Finding {
  /** Where, below the option; `ofKey`: at the name there, not at its value. */
  readonly path: readonly (string | number)[];
  readonly ofKey: boolean;
  /** A warning: it has no effect, and all else counts. */
  readonly isHarmless: boolean;
  readonly error: (details?: ErrorDetails) => TsaltError;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values that a set of options gives. */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K]['fallback'] };

/** Describes one option. */
export function option<T>(
  kind: Kind<T>,
  fallback: NoInfer<T>,
  doc: string,
  more: Pick<Option<T>, 'alias' | 'secret' | 'examine'> = {},
): Option<T> {
  return { kind, fallback, doc, ...more };
}
