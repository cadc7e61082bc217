import { isMap } from '../../../../lib/json.ts';
import { keysOf } from '../../../../lib/yaml/maps.ts';
import { identity, isTrue, traverse } from '../values.ts';
import {
  characters,
  flag,
  list,
  longest,
  number,
  refuse,
  text,
  whole,
  type Helpers,
  type Named,
  type Surroundings,
} from './definition.ts';

const one = { takes: 'a list', args: [1, 1] } as const;
const two = { takes: 'two lists', args: [2, 2] } as const;

/** The items in the order of their keys, which are all numbers or all texts. Texts are compared as Jinja does: without case, unless asked. */
export function sorted<T>(items: readonly T[], keyOf: (item: T) => unknown, caseSensitive: boolean): T[] {
  const keyed = items.map((item) => {
    const key = keyOf(item);
    return { item, key: typeof key === 'string' && !caseSensitive ? key.toLowerCase() : key };
  });
  const kind = typeof keyed[0]?.key;
  const isSortable = kind === 'number' || kind === 'string' || kind === 'boolean';
  if (keyed.length > 0 && (!isSortable || keyed.some(({ key }) => typeof key !== kind))) {
    refuse('what is all numbers or all texts, or has an attribute that is');
  }
  const order = (a: never, b: never) => (a < b ? -1 : a > b ? 1 : 0);
  return keyed.sort((a, b) => order(a.key as never, b.key as never)).map(({ item }) => item);
}

function unique(items: readonly unknown[]): unknown[] {
  const known = new Set<string>();
  return items.filter((item) => known.size < known.add(identity(item)).size);
}

function among(items: readonly unknown[]): (item: unknown) => boolean {
  const known = new Set(items.map(identity));
  return (item) => known.has(identity(item));
}

/** The value of the attribute that a helper was given, of an item. */
function attribute(named: Named): (item: unknown) => unknown {
  const { attribute: path, default: other } = named;
  if (path === undefined) return (item) => item;
  const steps = text(path).replaceAll('.', ':');
  return (item) => traverse(item, steps) ?? other ?? refuse(`a list whose items have '${text(path)}', or a default`);
}

/** Whether an item passes: by being true, or by another helper's word (`"gt" 3`). */
function test(rest: readonly unknown[], around: Surroundings): (item: unknown) => boolean {
  if (rest.length === 0) return isTrue;
  const [name, ...args] = rest;
  return (item) => isTrue(around.apply(text(name), [item, ...args]));
}

function byAttribute(args: readonly unknown[], around: Surroundings, wanted: boolean): unknown[] {
  const [of, path, ...rest] = args;
  const steps = text(path).replaceAll('.', ':');
  const passes = test(rest, around);
  return list(of).filter((item) => {
    const value = traverse(item, steps);
    return (value !== undefined && passes(value)) === wanted;
  });
}

function numbers(args: readonly unknown[], named: Named): number[] {
  const items = args.length === 1 && Array.isArray(args[0]) ? list(args[0]) : args;
  return items.map(attribute(named)).map(number);
}

const extremes = {
  takes: 'numbers or a list of them, not empty',
  args: [1, 100],
  named: ['attribute', 'default'],
} as const;
const byName = {
  takes: 'a list, and the name of a helper with what it is given after the item',
  args: [1, 6],
} as const;
const ofMaps = {
  takes: 'a list of maps, a path (a:b), and the name of a helper with what it is given after the value',
  args: [2, 6],
} as const;

export const lists = (): Helpers => ({
  list: {
    summary: 'A list of what is given.',
    takes: 'values',
    args: [0, 100],
    jinja: "['a', 'b']",
    example: '{{join (list "a" "b") "+"}}',
    gives: 'a+b',
    call: (args) => args,
  },
  length: {
    summary: 'How many characters, items or entries there are.',
    takes: 'a text, list or map',
    args: [1, 1],
    jinja: 'x | length, x | count',
    example: '{{length pillar.packages}}',
    gives: '2',
    call: ([of]) =>
      typeof of === 'string' || Array.isArray(of) ? of.length : isMap(of) ? keysOf(of).length : refuse(),
  },
  first: {
    summary: 'The first item of a list, or character of a text. Not defined when it is empty: `default` can stand in.',
    takes: 'a list or text',
    args: [1, 1],
    jinja: 'x | first, x[0]',
    example: '{{first pillar.packages}}',
    gives: 'nginx-light',
    call: ([of]) => (typeof of === 'string' ? characters(of) : list(of))[0],
  },
  last: {
    summary: 'The last item of a list, or character of a text. Not defined when it is empty: `default` can stand in.',
    takes: 'a list or text',
    args: [1, 1],
    jinja: 'x | last, x[-1]',
    example: '{{last pillar.packages}}',
    gives: 'curl',
    call: ([of]) => (typeof of === 'string' ? characters(of) : list(of)).at(-1),
  },
  sort: {
    summary: 'The list in order, by an `attribute` of its items if one is given; texts without regard to case.',
    ...one,
    named: ['attribute', 'default', 'reverse', 'case_sensitive'],
    jinja: "x | sort(attribute='uid', reverse=True)",
    example: '{{join (sort (list "b" "C" "a")) " "}}',
    gives: 'a b C',
    call: ([of], named) => {
      const inOrder = sorted(list(of), attribute(named), flag(named['case_sensitive']));
      return flag(named['reverse']) ? inOrder.reverse() : inOrder;
    },
  },
  unique: {
    summary: 'The list with each item once, where it comes first.',
    ...one,
    jinja: 'x | unique',
    example: '{{join (unique (list 1 2 1)) " "}}',
    gives: '1 2',
    call: ([of]) => unique(list(of)),
  },
  reverse: {
    summary: 'A list or text from its end.',
    takes: 'a list or text',
    args: [1, 1],
    jinja: 'x | reverse',
    example: '{{join (reverse (range 3)) " "}}',
    gives: '2 1 0',
    call: ([of]) => (typeof of === 'string' ? characters(of).reverse().join('') : list(of).toReversed()),
  },
  slice: {
    summary: 'A part of a list or text, from a start up to an end that is not in it; negative ones count from the end.',
    takes: 'a list or text, a start and an end (whole numbers)',
    args: [2, 3],
    jinja: 'x[1:3]',
    example: '{{slice "configuration" 0 4}} {{join (slice (range 5) -2) " "}}',
    gives: 'conf 3 4',
    call: ([of, start, end]) => {
      const until = end === undefined || end === null ? undefined : whole(end);
      return (typeof of === 'string' ? of : list(of)).slice(whole(start), until);
    },
  },
  batch: {
    summary: 'The list cut into lists of so many items; `fill` makes up what the last one lacks.',
    takes: `a list and a whole number from 1 (to ${longest} with fill)`,
    args: [2, 2],
    named: ['fill'],
    jinja: 'x | batch(3)',
    example: '{{json (batch (range 5) 2)}}',
    gives: '[[0,1],[2,3],[4]]',
    call: ([of, count], { fill }) => {
      const [items, size] = [list(of), whole(count, 1)];
      const parts = Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
        items.slice(at * size, (at + 1) * size),
      );
      if (fill === undefined) return parts;
      if (size > longest) refuse();
      return parts.map((part) => [...part, ...Array.from({ length: size - part.length }, () => fill)]);
    },
  },
  map: {
    summary: 'An `attribute` of each item (with `default` where it is missing), or each item after another helper.',
    ...byName,
    named: ['attribute', 'default'],
    jinja: "x | map(attribute='name') | list, x | map('upper')",
    example: '{{join (map pillar.hosts attribute="name") " "}} {{join (map pillar.packages "upper") " "}}',
    gives: 'w1 d1 NGINX-LIGHT CURL',
    call: ([of, name, ...args], named, around) => {
      const values = list(of).map(attribute(named));
      return name === undefined ? values : values.map((value) => around.apply(text(name), [value, ...args]));
    },
  },
  select: {
    summary: 'The items that are true, or for which another helper is.',
    ...byName,
    jinja: "x | select('gt', 3) | list",
    example: '{{join (select (range 6) "gt" 3) " "}}',
    gives: '4 5',
    call: ([of, ...rest], _, around) => list(of).filter(test(rest, around)),
  },
  reject: {
    summary: 'The items that are not true, or for which another helper is not.',
    ...byName,
    jinja: "x | reject('gt', 3) | list",
    example: '{{join (reject (range 6) "gt" 3) " "}}',
    gives: '0 1 2 3',
    call: ([of, ...rest], _, around) => {
      const passes = test(rest, around);
      return list(of).filter((item) => !passes(item));
    },
  },
  selectattr: {
    summary: 'The items with an attribute that is true, or for which another helper is.',
    ...ofMaps,
    jinja: "x | selectattr('role', 'equalto', 'web') | list",
    example: '{{json (selectattr pillar.hosts "role" "eq" "web")}}',
    gives: '[{"name":"w1","role":"web"}]',
    call: (args, _, around) => byAttribute(args, around, true),
  },
  rejectattr: {
    summary: 'The items without such an attribute.',
    ...ofMaps,
    jinja: "x | rejectattr('role', 'equalto', 'web') | list",
    example: '{{json (rejectattr pillar.hosts "role" "eq" "web")}}',
    gives: '[{"name":"d1","role":"db"}]',
    call: (args, _, around) => byAttribute(args, around, false),
  },
  sum: {
    summary: 'The sum of a list of numbers, or of an `attribute` of its items.',
    ...one,
    named: ['attribute', 'default'],
    jinja: "x | sum(attribute='size')",
    example: '{{sum (values pillar.ports)}}',
    gives: '9080',
    call: ([of], named) => numbers([list(of)], named).reduce((sum, value) => sum + value, 0),
  },
  min: {
    summary: 'The least of numbers, or of an `attribute` of the items of a list.',
    ...extremes,
    jinja: 'x | min',
    example: '{{min 4 2 8}}',
    gives: '2',
    call: (args, named) =>
      numbers(args, named).reduce<number | undefined>((a, b) => (a !== undefined && a < b ? a : b), undefined) ??
      refuse(),
  },
  max: {
    summary: 'The most of numbers, or of an `attribute` of the items of a list.',
    ...extremes,
    jinja: 'x | max',
    example: '{{max (list 4 2 8)}}',
    gives: '8',
    call: (args, named) =>
      numbers(args, named).reduce<number | undefined>((a, b) => (a !== undefined && a > b ? a : b), undefined) ??
      refuse(),
  },
  flatten: {
    summary: 'A list of lists as one list, all levels or as many as are said.',
    takes: 'a list and how many levels',
    args: [1, 2],
    jinja: 'x | flatten(levels=1)',
    example: '{{json (flatten (list 1 (list 2 (list 3))))}}',
    gives: '[1,2,3]',
    call: ([of, levels = 100]) => list(of).flat(Math.min(whole(levels, 0), 100)),
  },
  union: {
    summary: 'What is in either list, each once.',
    ...two,
    jinja: 'a | union(b)',
    example: '{{join (union (list 1 2) (list 2 3)) " "}}',
    gives: '1 2 3',
    call: ([a, b]) => unique([...list(a), ...list(b)]),
  },
  intersect: {
    summary: 'What is in both lists, each once.',
    ...two,
    jinja: 'a | intersect(b)',
    example: '{{join (intersect (list 1 2) (list 2 3)) " "}}',
    gives: '2',
    call: ([a, b]) => unique(list(a)).filter(among(list(b))),
  },
  difference: {
    summary: 'What is in the first list and not in the second, each once.',
    ...two,
    jinja: 'a | difference(b)',
    example: '{{join (difference (list 1 2) (list 2 3)) " "}}',
    gives: '1',
    call: ([a, b]) => {
      const isIn = among(list(b));
      return unique(list(a)).filter((item) => !isIn(item));
    },
  },
  symmetric_difference: {
    summary: 'What is in only one of two lists, each once.',
    ...two,
    jinja: 'a | symmetric_difference(b)',
    example: '{{join (symmetric_difference (list 1 2) (list 2 3)) " "}}',
    gives: '1 3',
    call: ([a, b]) => {
      const [inA, inB] = [among(list(a)), among(list(b))];
      return unique([...list(a), ...list(b)]).filter((item) => inA(item) !== inB(item));
    },
  },
  zip: {
    summary: 'Lists as one list of lists of what stands at the same place, as long as the shortest.',
    takes: 'lists',
    args: [1, 100],
    jinja: 'zip(a, b)',
    example: '{{json (zip (list "a" "b") (range 2))}}',
    gives: '[["a",0],["b",1]]',
    call: (args) => {
      const all = args.map(list);
      return Array.from({ length: Math.min(...all.map(({ length }) => length)) }, (_, at) => all.map((of) => of[at]));
    },
  },
  sequence: {
    summary: 'A list as it is, anything else as a list of one.',
    takes: 'one value',
    args: [1, 1],
    jinja: 'x | sequence',
    example: '{{json (sequence "a")}}',
    gives: '["a"]',
    call: ([value]) => (Array.isArray(value) ? value : [value]),
  },
  join: {
    summary: 'The items of a list as one text, with something (a comma and a blank) between them.',
    takes: 'a list and what goes between its items',
    args: [1, 2],
    named: ['attribute', 'default'],
    jinja: "x | join(', ')",
    example: '{{join pillar.packages}}',
    gives: 'nginx-light, curl',
    call: ([of, between = ', '], named) => list(of).map(attribute(named)).map(text).join(text(between)),
  },
  concat: {
    summary: 'Texts as one text, or lists as one list.',
    takes: 'texts or lists',
    args: [1, 100],
    jinja: 'a ~ b, a + b, x.append(y)',
    example: '{{concat "/srv/" id}} {{json (concat pillar.packages (list "vim"))}}',
    gives: '/srv/web1 ["nginx-light","curl","vim"]',
    call: (args) => (args.every(Array.isArray) ? args.flat(1) : args.map(text).join('')),
  },
});
