import { didYouMean } from '../../../../lib/errors/error.ts';
import { nearest } from '../../../../lib/nearest.ts';
import { arithmetic } from './arithmetic.ts';
import { data } from './data.ts';
import { dates } from './dates.ts';
import type { HelperDefinition, Helpers } from './definition.ts';
import { formats } from './formats.ts';
import { hashes } from './hashes.ts';
import { lists } from './lists.ts';
import { logic } from './logic.ts';
import { maps } from './maps.ts';
import { network } from './network.ts';
import { paths } from './paths.ts';
import { patterns } from './patterns.ts';
import { texts } from './text.ts';

/** All helpers by what they are about, in the order of the reference. */
const rooms: Readonly<Record<string, () => Helpers>> = {
  'What the machine knows': data,
  'Comparison and logic': logic,
  Arithmetic: arithmetic,
  Lists: lists,
  Maps: maps,
  Text: texts,
  'Regular expressions': patterns,
  'JSON, YAML and files of the tree': formats,
  'Hashes and encodings': hashes,
  'IP addresses': network,
  Paths: paths,
  Dates: dates,
};

/** Rooms that were looked into: a template needs few, and most commands none. */
const opened = new Map<string, Helpers>();

function open(title: string, make: () => Helpers): Helpers {
  const helpers = opened.get(title) ?? make();
  opened.set(title, helpers);
  return helpers;
}

/** Every room's helpers, by its title. */
export function allHelpers(): readonly (readonly [title: string, helpers: Helpers])[] {
  return Object.entries(rooms).map(([title, make]) => [title, open(title, make)] as const);
}

export function helperNamed(name: string): HelperDefinition | undefined {
  for (const [title, make] of Object.entries(rooms)) {
    const helpers = open(title, make);
    if (Object.hasOwn(helpers, name)) return helpers[name];
  }
  return undefined;
}

/** Names that Jinja, Salt or Python has, and what to write here. */
export const elsewhere: Readonly<Record<string, string>> = {
  d: '(default x "y")',
  count: '(length x)',
  len: '(length x)',
  e: 'it as it is: nothing is escaped as HTML',
  escape: 'it as it is: nothing is escaped as HTML',
  safe: 'it as it is: nothing is escaped as HTML',
  tojson: '(json x)',
  pprint: '(json x indent=2)',
  json_encode_dict: '(json x)',
  json_encode_list: '(json x)',
  to_json: '(json x)',
  to_yaml: '(yaml x)',
  to_nice_yaml: '(yaml x)',
  to_nice_json: '(json x indent=2)',
  from_yaml: '(load_yaml x)',
  from_json: '(load_json x)',
  yaml_encode: '(quote x)',
  yaml_dquote: '(quote x)',
  yaml_squote: '(quote x)',
  str: '(string x)',
  to_num: '(float x)',
  str_to_num: '(float x)',
  bool: '(to_bool x)',
  traverse: '(get x "a:b" default)',
  attr: '(lookup x "name")',
  pluck: '(map x attribute="name")',
  sorted: '(sort x)',
  dictitems: '(items x)',
  iteritems: '(items x)',
  update: '(merge x y)',
  combine: '(merge x y)',
  extend: '(concat x y)',
  append: '(concat x (list y))',
  intersection: '(intersect x y)',
  subtract: '(sub x y)',
  plus: '(add x y)',
  minus: '(sub x y)',
  times: '(mul x y)',
  divisibleby: '(eq (mod x 3) 0)',
  even: '(eq (mod x 2) 0)',
  odd: '(eq (mod x 2) 1)',
  equalto: '(eq x y)',
  sameas: '(eq x y)',
  greaterthan: '(gt x y)',
  lessthan: '(lt x y)',
  mapping: '(is_map x)',
  none: '(is_none x)',
  number: '(is_number x)',
  is_iter: '(is_list x)',
  iterable: '(is_list x)',
  undefined: '(not (defined x))',
  ternary: '(if x "a" "b")',
  iif: '(if x "a" "b")',
  raise: '(fail "message")',
  strip: '(trim x)',
  ljust: '(pad x 8)',
  rjust: '(pad x 8 side="left")',
  center: '(pad x 8 side="both")',
  zfill: '(pad x 8 side="left" fill="0")',
  ltrim: '(lstrip x)',
  rtrim: '(rstrip x)',
  lowercase: '(lower x)',
  uppercase: '(upper x)',
  contains: '(in "part" x)',
  substring_in_list: '(in "part" x)',
  hmac_compute: '(hmac x "secret")',
  date_format: '(strftime x "%Y-%m-%d")',
  calc_net: '(ipaddr x)',
  ip_in_subnet: '(in_network x "10.0.0.0/24")',
  in_subnet: '(in_network x "10.0.0.0/24")',
  import_yaml_with_context: '(load_yaml (render "map.yaml"))',
  set: '{{#let x=1}} ... {{/let}}',
  macro: '{{#*inline "name"}} ... {{/inline}}, and {{> name x=1}}',
  call: '{{#> name}} ... {{/name}}',
  caller: '{{> @partial-block}}',
  include: '{{> "path/of/file"}}',
  import: '{{*import "path/of/file"}}',
  for: '{{#each x as |item key|}} ... {{/each}}',
  load_text: '(render "name")',
  xor: '(ne x y)',
  'pillar.get': '(pillar "a:b" default)',
  'grains.get': '(grains "a:b" default)',
  'opts.get': '(opts "a:b" default)',
  'config.get': '(config "a:b" default)',
  'grains.filter_by': '(filter_by x)',
};

/** What to write in place of a helper that is not there. */
export function helperHint(name: string): string | undefined {
  if (Object.hasOwn(elsewhere, name)) return `write ${elsewhere[name]}`;
  return didYouMean(
    nearest(
      name,
      allHelpers().flatMap(([, helpers]) => Object.keys(helpers)),
    ),
  );
}
