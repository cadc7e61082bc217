import { isDeepStrictEqual } from 'node:util';
import { asText, entry, isTrue, toJson } from './values.ts';

/** A mistake in how a helper was used: what it takes instead. */
export class BadArguments extends Error {}

export type Helper = (args: readonly unknown[], named: Readonly<Record<string, unknown>>) => unknown;

/** Longest list that `range` makes. */
const longestRange = 100_000;

function text(value: unknown, expected: string): string {
  return asText(value) ?? refuse(expected);
}

function number(value: unknown, expected: string): number {
  return typeof value === 'number' ? value : refuse(expected);
}

function refuse(expected: string): never {
  throw new BadArguments(expected);
}

function compare(args: readonly unknown[], holds: (order: number) => boolean): boolean {
  const [a, b] = args;
  if (typeof a === 'number' && typeof b === 'number') return holds(a - b);
  if (typeof a === 'string' && typeof b === 'string') return holds(a < b ? -1 : a > b ? 1 : 0);
  return refuse('two numbers or two texts');
}

function range(args: readonly unknown[]): number[] {
  const expected = 'an end, or a start and an end (whole numbers, the end not included)';
  const [start, end] = args.length === 1 ? [0, number(args[0], expected)] : args.map((arg) => number(arg, expected));
  const length = Math.max(0, (end ?? 0) - (start ?? 0));
  if (!Number.isInteger(length) || length > longestRange) refuse(`at most ${longestRange} numbers`);
  return Array.from({ length }, (_, index) => (start ?? 0) + index);
}

/** `default` is the evaluator's own: it alone may be given what is not defined. */
export const helpers: Readonly<Record<string, Helper>> = {
  eq: ([a, b]) => isDeepStrictEqual(a, b),
  ne: ([a, b]) => !isDeepStrictEqual(a, b),
  lt: (args) => compare(args, (order) => order < 0),
  le: (args) => compare(args, (order) => order <= 0),
  gt: (args) => compare(args, (order) => order > 0),
  ge: (args) => compare(args, (order) => order >= 0),
  and: (args) => args.find((value) => !isTrue(value)) ?? args.at(-1),
  or: (args) => args.find(isTrue) ?? args.at(-1),
  not: ([value]) => !isTrue(value),
  json: ([value]) => toJson(value),
  quote: ([value]) => toJson(text(value, 'one value that is no map or list')),
  join: ([list, between]) => {
    const expected = 'a list and what goes between its items';
    if (!Array.isArray(list)) return refuse(expected);
    return list.map((item) => text(item, expected)).join(between === undefined ? ', ' : text(between, expected));
  },
  concat: (args) => {
    if (args.length > 0 && args.every(Array.isArray)) return args.flat(1);
    return args.map((value) => text(value, 'texts or lists')).join('');
  },
  replace: (args) => {
    const [whole = '', part = '', by = ''] = args.map((value) => text(value, 'a text, a part of it and a replacement'));
    return part === '' ? whole : whole.replaceAll(part, () => by);
  },
  split: ([whole, between]) => {
    const expected = 'a text and what stands between its parts';
    return text(whole, expected).split(between === undefined ? /\s+/ : text(between, expected));
  },
  lower: ([value]) => text(value, 'a text').toLowerCase(),
  upper: ([value]) => text(value, 'a text').toUpperCase(),
  length: ([value]) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length;
    return typeof value === 'object' && value !== null ? Object.keys(value).length : refuse('a text, list or map');
  },
  in: ([item, whole]) => {
    if (typeof whole === 'string') return whole.includes(text(item, 'a thing and a text, list or map'));
    if (Array.isArray(whole)) return whole.some((one) => isDeepStrictEqual(one, item));
    return typeof whole === 'object' && whole !== null && Object.hasOwn(whole, text(item, 'a key and a map'));
  },
  add: (args) => args.reduce((sum: number, value) => sum + number(value, 'numbers'), 0),
  range,
  lookup: ([of, name]) => entry(of, text(name, 'a map or list and a name')),
};
