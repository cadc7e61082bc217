import { isMap } from '../../../../lib/json.ts';
import { asText } from '../values.ts';

/** A mistake in how a helper was used; the message, if there is one, is what it takes instead. */
export class BadArguments extends Error {}

export type Named = Readonly<Record<string, unknown>>;

/** What a helper may ask of the rendering it is called in. */
export interface Surroundings {
  /** Milliseconds since 1970 at which the run began; undefined where no clock was handed in. */
  readonly now: number | undefined;
  /** What a file of the tree holds; `name` is as the template writes it. */
  file(name: string): { readonly text: string; readonly shown: string };
  /** Another helper's answer, by its name. */
  apply(name: string, args: readonly unknown[]): unknown;
  readonly root: Readonly<Record<string, unknown>>;
}

export interface HelperDefinition {
  /** What it gives. */
  readonly summary: string;
  /** The arguments as one says them: `a text and a number of blanks`. */
  readonly takes: string;
  /** Fewest and most arguments. */
  readonly args: readonly [number, number];
  /** Arguments that may be given by name; `any` for names that its user makes up. */
  readonly named?: readonly string[] | 'any';
  /** The Jinja that it stands for. */
  readonly jinja: string;
  /** A template, over the data of `examples.ts`, and what it renders to. */
  readonly example: string;
  readonly gives: string;
  /** Undefined: the evaluator's own, which has to see more than values. */
  readonly call?: (args: readonly unknown[], named: Named, around: Surroundings) => unknown;
}

export type Helpers = Readonly<Record<string, HelperDefinition>>;

/** Longest list, and longest text by repeating, that a helper makes out of little. */
export const longest = 100_000;

export function refuse(expected?: string): never {
  throw new BadArguments(expected);
}

export function text(value: unknown): string {
  return asText(value) ?? refuse();
}

/** What a reader sees as one character may be several of them: a letter and its accent. As in Python. */
export function characters(of: string): string[] {
  return Array.from(of);
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : refuse();
}

/** A whole number, not below `least`. */
export function whole(value: unknown, least = Number.MIN_SAFE_INTEGER): number {
  return Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : refuse();
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : refuse();
}

export function map(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : refuse();
}

/** A named argument that is true or false, false when it is not given. */
export function flag(value: unknown): boolean {
  return value === undefined ? false : typeof value === 'boolean' ? value : refuse();
}
