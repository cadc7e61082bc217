import { fnmatch } from '../../../../lib/fnmatch.ts';
import { isMap } from '../../../../lib/json.ts';
import { keysOf } from '../../../../lib/yaml/maps.ts';
import { entry, isTrue, same, traverse } from '../values.ts';
import { list, map, refuse, text, type Helpers } from './definition.ts';
import { merged } from './maps.ts';

function ordered(args: readonly unknown[], holds: (order: number) => boolean): boolean {
  const [a, b] = args;
  if (typeof a === 'number' && typeof b === 'number') return holds(a - b);
  if (typeof a === 'string' && typeof b === 'string') return holds(a < b ? -1 : a > b ? 1 : 0);
  return refuse();
}

const two = { takes: 'two numbers or two texts', args: [2, 2] } as const;
const any = { takes: 'one value', args: [1, 1] } as const;

export const logic = (): Helpers => ({
  eq: {
    summary: 'Whether two values are the same, maps and lists by what is in them.',
    takes: 'two values',
    args: [2, 2],
    jinja: 'a == b',
    example: '{{eq grains.os "Debian"}}',
    gives: 'true',
    call: ([a, b]) => same(a, b),
  },
  ne: {
    summary: 'Whether two values differ.',
    takes: 'two values',
    args: [2, 2],
    jinja: 'a != b',
    example: '{{ne grains.os "Debian"}}',
    gives: 'false',
    call: ([a, b]) => !same(a, b),
  },
  lt: {
    summary: 'Whether the first is less.',
    ...two,
    jinja: 'a < b',
    example: '{{lt 2 10}}',
    gives: 'true',
    call: (args) => ordered(args, (order) => order < 0),
  },
  le: {
    summary: 'Whether the first is less or the same.',
    ...two,
    jinja: 'a <= b',
    example: '{{le 2 2}}',
    gives: 'true',
    call: (args) => ordered(args, (order) => order <= 0),
  },
  gt: {
    summary: 'Whether the first is more.',
    ...two,
    jinja: 'a > b',
    example: '{{gt grains.num_cpus 8}}',
    gives: 'false',
    call: (args) => ordered(args, (order) => order > 0),
  },
  ge: {
    summary: 'Whether the first is more or the same.',
    ...two,
    jinja: 'a >= b',
    example: '{{ge grains.num_cpus 4}}',
    gives: 'true',
    call: (args) => ordered(args, (order) => order >= 0),
  },
  and: {
    summary: 'The first value that is false, empty or null, else the last one. What follows is not looked at.',
    takes: 'values',
    args: [1, 100],
    jinja: 'a and b',
    example: '{{#if (and (defined pillar.web) pillar.web.port)}}web{{/if}}',
    gives: 'web',
  },
  or: {
    summary: 'The first value that is true and not empty, else the last one. What follows is not looked at.',
    takes: 'values',
    args: [1, 100],
    jinja: 'a or b',
    example: '{{or "" "none"}}',
    gives: 'none',
  },
  not: {
    summary: 'Whether a value is false, empty or null.',
    ...any,
    jinja: 'not a',
    example: '{{not (eq 1 2)}}',
    gives: 'true',
    call: ([value]) => !isTrue(value),
  },
  if: {
    summary:
      'The second value where the first is true, else the third (nothing without one). The other is not looked at.',
    takes: 'a condition, a value and what stands in for it',
    args: [2, 3],
    jinja: "'a' if x else 'b'",
    example: '{{if (eq grains.os_family "Debian") "apache2" "httpd"}}',
    gives: 'apache2',
  },
  in: {
    summary: 'Whether a list has an item, a map a key, or a text a part.',
    takes: 'a thing and a text, list or map',
    args: [2, 2],
    jinja: 'a in b',
    example: '{{in "anna" pillar.users}}',
    gives: 'true',
    call: ([item, of]) => {
      if (typeof of === 'string') return of.includes(text(item));
      if (Array.isArray(of)) return of.some((one) => same(one, item));
      return Object.hasOwn(map(of), text(item));
    },
  },
  default: {
    summary: 'The first value if it is defined and not null, else the second. Only here something may be undefined.',
    takes: 'a value and what stands in for it',
    args: [2, 2],
    jinja: "x | default('y')",
    example: '{{default pillar.web.user "www-data"}}',
    gives: 'www-data',
  },
  defined: {
    summary: 'Whether a name is defined.',
    ...any,
    jinja: 'x is defined',
    example: '{{defined pillar.web.user}}',
    gives: 'false',
  },
  is_string: {
    summary: 'Whether it is a text.',
    ...any,
    jinja: 'x is string',
    example: '{{is_string "80"}}',
    gives: 'true',
    call: ([value]) => typeof value === 'string',
  },
  is_number: {
    summary: 'Whether it is a number.',
    ...any,
    jinja: 'x is number',
    example: '{{is_number "80"}}',
    gives: 'false',
    call: ([value]) => typeof value === 'number',
  },
  is_boolean: {
    summary: 'Whether it is true or false.',
    ...any,
    jinja: 'x is boolean',
    example: '{{is_boolean false}}',
    gives: 'true',
    call: ([value]) => typeof value === 'boolean',
  },
  is_list: {
    summary: 'Whether it is a list.',
    ...any,
    jinja: 'x is sequence, x | is_list',
    example: '{{is_list pillar.packages}}',
    gives: 'true',
    call: ([value]) => Array.isArray(value),
  },
  is_map: {
    summary: 'Whether it is a map.',
    ...any,
    jinja: 'x is mapping',
    example: '{{is_map pillar.users}}',
    gives: 'true',
    call: ([value]) => isMap(value),
  },
  is_none: {
    summary: 'Whether it is null.',
    ...any,
    jinja: 'x is none',
    example: '{{is_none null}}',
    gives: 'true',
    call: ([value]) => value === null,
  },
  filter_by: {
    summary:
      'The entry whose key fits a grain (`grain`, else `os_family`; keys may be globs), else the entry `default` names (else `default`), laid over the entry that `base` names, with the map `merge` laid over all. Null when there is none.',
    takes: 'a map',
    args: [1, 1],
    named: ['grain', 'default', 'base', 'merge'],
    jinja: "salt['grains.filter_by'](map, grain='os', merge=x)",
    example: '{{json (filter_by (import_yaml "web/map.yaml") base="base" merge=(pillar "web"))}}',
    gives: '{"port":8080,"package":"nginx-light"}',
    call: ([given], named, { root }) => {
      const of = map(given);
      const found = traverse(entry(root, 'grains'), text(named['grain'] ?? 'os_family')) ?? [];
      const values = (Array.isArray(found) ? (found as unknown[]) : [found]).map(text);
      const keys = keysOf(of);
      const key = values.map((value) => keys.find((one) => fnmatch(one)(value))).find((one) => one !== undefined);
      let result: unknown =
        (key === undefined ? null : of[key]) ?? entry(of, text(named['default'] ?? 'default')) ?? null;
      const under = named['base'] === undefined ? undefined : entry(of, text(named['base']));
      if (under !== undefined)
        result = isMap(under) && result !== null ? merged(under, map(result)) : (result ?? under);
      const over = named['merge'];
      if (!isTrue(over)) return result;
      return result === null ? map(over) : merged(map(result), map(over));
    },
  },
  fail: {
    summary: 'Ends the rendering with a message.',
    takes: 'a text',
    args: [1, 1],
    jinja: "raise('message')",
    example: '{{#if (lt grains.num_cpus 2)}}{{fail "this machine is too small"}}{{/if}}',
    gives: '',
    call: ([message]) => {
      throw new RangeError(text(message));
    },
  },
  match: {
    summary: 'Whether the id, or another text, fits a glob or one of a list of globs.',
    takes: 'a glob or a list of them, and a text',
    args: [1, 2],
    jinja: "salt['match.glob']('web*')",
    example: '{{match "web*"}}',
    gives: 'true',
    call: ([pattern, of], _, { root }) => {
      const globs = Array.isArray(pattern) ? list(pattern) : [pattern];
      return globs.some((glob) => fnmatch(text(glob))(text(of ?? entry(root, 'id'))));
    },
  },
});
