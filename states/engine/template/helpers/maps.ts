import { isMap } from '../../../../lib/json.ts';
import { addEntry, keyAsWritten, keysOf, newMap, type Yaml } from '../../../../lib/yaml/maps.ts';
import { entry, traverse } from '../values.ts';
import { flag, list, map, refuse, text, type Helpers } from './definition.ts';
import { sorted } from './lists.ts';

const oneMap = { takes: 'a map', args: [1, 1] } as const;

/** A map of entries in their order. */
function mapOf(entries: Iterable<readonly [key: string | number | boolean | null, value: unknown]>): object {
  const made = newMap();
  for (const [key, value] of entries) if (!addEntry(made, key, value as Yaml)) made[String(key)] = value as Yaml;
  return made;
}

/** Both maps as one, deeply: where both have a key, maps merge and anything else of `over` wins. */
export function merged(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const both = keysOf(under).map((key) => {
    const [below, above] = [under[key], entry(over, key)];
    const value = isMap(below) && isMap(above) ? merged(below, above) : Object.hasOwn(over, key) ? above : below;
    return [keyAsWritten(under, key), value] as const;
  });
  const added = keysOf(over).filter((key) => !Object.hasOwn(under, key));
  return mapOf([...both, ...added.map((key) => [keyAsWritten(over, key), over[key]] as const)]) as Record<
    string,
    unknown
  >;
}

export const maps = (): Helpers => ({
  dict: {
    summary: 'A map of what is given by name.',
    takes: 'nothing but named values',
    args: [0, 0],
    named: 'any',
    jinja: "{'a': 1, 'b': 2}",
    example: '{{json (dict a=1 b="x")}}',
    gives: '{"a":1,"b":"x"}',
    call: (_, named) => mapOf(Object.entries(named)),
  },
  keys: {
    summary: 'The keys of a map, in its order.',
    ...oneMap,
    jinja: 'x.keys()',
    example: '{{join (keys pillar.users) " "}}',
    gives: 'anna ben',
    call: ([of]) => keysOf(map(of)),
  },
  values: {
    summary: 'The values of a map, in its order.',
    ...oneMap,
    jinja: 'x.values()',
    example: '{{json (values pillar.web)}}',
    gives: '[8080]',
    call: ([of]) => keysOf(map(of)).map((key) => entry(of, key)),
  },
  items: {
    summary: 'A list of maps `{key, value}`. `#each` goes over a map as it is.',
    ...oneMap,
    jinja: 'x.items(), x | dictitems',
    example: '{{#each (items pillar.users)}}{{key}}={{value.uid}} {{/each}}',
    gives: 'anna=1001 ben=1002 ',
    call: ([of]) =>
      keysOf(map(of)).map((key) =>
        mapOf([
          ['key', keyAsWritten(of as object, key)],
          ['value', entry(of, key)],
        ]),
      ),
  },
  dictsort: {
    summary: 'The map with its entries sorted by key, or with `by="value"` by value; `reverse=true` turns it round.',
    ...oneMap,
    named: ['by', 'reverse', 'case_sensitive'],
    jinja: "x | dictsort(by='value')",
    example: '{{#each (dictsort pillar.ports) as |port name|}}{{name}}:{{port}} {{/each}}',
    gives: 'admin:9000 web:80 ',
    call: ([of], named) => {
      const by = text(named['by'] ?? 'key');
      if (by !== 'key' && by !== 'value') refuse();
      const entries = keysOf(map(of)).map((key) => [keyAsWritten(of as object, key), entry(of, key)] as const);
      const inOrder = sorted(entries, (one) => one[by === 'key' ? 0 : 1], flag(named['case_sensitive']));
      return mapOf(flag(named['reverse']) ? inOrder.toReversed() : inOrder);
    },
  },
  merge: {
    summary: 'Maps as one, deeply: maps merge, anything else of a later one wins. With `lists=true` lists are joined.',
    takes: 'maps',
    args: [1, 100],
    named: ['lists'],
    jinja: "salt['slsutil.merge'](a, b), x.update(y), x | combine(y)",
    example: '{{json (merge (dict port=80 user="www") pillar.web)}}',
    gives: '{"port":8080,"user":"www"}',
    call: (args, { lists }) => args.map(map).reduce(flag(lists) ? mergedWithLists : merged),
  },
  omit: {
    summary: 'The map without the entries of some keys.',
    takes: 'a map and keys',
    args: [2, 100],
    jinja: "x.pop('a')",
    example: '{{json (omit (dict port=80 user="www") "user")}}',
    gives: '{"port":80}',
    call: ([of, ...keys]) => {
      const left = keysOf(map(of)).filter((key) => !keys.some((key_) => text(key_) === key));
      return mapOf(left.map((key) => [keyAsWritten(of as object, key), entry(of, key)] as const));
    },
  },
  get: {
    summary: 'What lies at a path with colons in a map or list, else the third value.',
    takes: 'a map or list, a path (a:b:0) and what stands in for it',
    args: [2, 3],
    jinja: "x.get('a', 'b'), x | traverse('a:b')",
    example: '{{get pillar "users:anna:shell" "/bin/sh"}}',
    gives: '/bin/bash',
    call: ([of, path, other]) => traverse(of, text(path)) ?? other,
  },
  has: {
    summary: 'Whether there is something at a path with colons in a map or list.',
    takes: 'a map or list and a path (a:b:0)',
    args: [2, 2],
    jinja: "'a' in x, x.a is defined",
    example: '{{has pillar "users:anna:shell"}}',
    gives: 'true',
    call: ([of, path]) => traverse(of, text(path)) !== undefined,
  },
  lookup: {
    summary: 'One entry of a map or one item of a list, by a name that may hold anything.',
    takes: 'a map or list and a name',
    args: [2, 2],
    jinja: "x['odd name'], x[0]",
    example: '{{lookup pillar.packages 0}}',
    gives: 'nginx-light',
    call: ([of, name]) => entry(of, text(name)),
  },
  groupby: {
    summary: 'A map from each value of an attribute to the list of items that have it.',
    takes: 'a list of maps and a path (a:b)',
    args: [2, 2],
    jinja: "x | groupby('role')",
    example: '{{json (groupby pillar.hosts "role")}}',
    gives: '{"web":[{"name":"w1","role":"web"}],"db":[{"name":"d1","role":"db"}]}',
    call: ([of, path]) => {
      const groups = new Map<string, unknown[]>();
      for (const item of list(of)) {
        const key = text(traverse(item, text(path)) ?? refuse());
        const group = groups.get(key);
        if (group) group.push(item);
        else groups.set(key, [item]);
      }
      return mapOf(groups);
    },
  },
});

function mergedWithLists(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const made = merged(under, over);
  for (const key of keysOf(under)) {
    const [below, above] = [under[key], entry(over, key)];
    if (Array.isArray(below) && Array.isArray(above)) made[key] = [...(below as unknown[]), ...(above as unknown[])];
    else if (isMap(below) && isMap(above)) made[key] = mergedWithLists(below, above);
  }
  return made;
}
