import { elsewhere } from '../helpers/registry.ts';

/** A value with the arguments of a filter, a test or a method, in Handlebars; what is said for it. Undefined for nothing. */
export type Said = (words: {
  readonly of: string;
  readonly plain: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}) => string | undefined;

/** What is the same helper with other words around it. */
const same: Said = ({ of }) => of;
const named =
  (helper: string): Said =>
  ({ of, plain }) =>
    `(${[helper, of, ...plain].join(' ')})`;
const byName = (entries: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(entries)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}=${value}`))
    .join('');
/** A path with points, quoted, as the path with colons that helpers take. */
const colons = (path: string): string => path.replaceAll('.', ':');

/** The helper of a test that is named in quotes. */
function ofTest(quoted: string | undefined): string | undefined {
  const name = quoted?.slice(1, -1) ?? '';
  const own = Object.hasOwn(tests, name) ? tests[name]?.({ of: 'x', plain: ['y'], named: {} }) : undefined;
  const helper = own ?? (Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined);
  const [, found] = /^\((\w+) x(?: y)?\)$/.exec(helper ?? '') ?? [];
  return found === undefined ? quoted : `"${found}"`;
}

const orDefault: Said = ({ of, plain: [other, even], named: { default_value: byName_ } }) => {
  const value = other ?? byName_ ?? '""';
  return even === 'true' ? `(or (default ${of} "") ${value})` : `(default ${of} ${value})`;
};

const byAttribute =
  (helper: string): Said =>
  ({ of, plain: [attribute, test, ...more] }) =>
    attribute === undefined
      ? undefined
      : `(${[helper, of, colons(attribute), ...(test === undefined ? [] : [ofTest(test)]), ...more].join(' ')})`;

const byTest =
  (helper: string): Said =>
  ({ of, plain: [test, ...more] }) =>
    `(${[helper, of, ...(test === undefined ? [] : [ofTest(test)]), ...more].join(' ')})`;

/** Filters whose helper has another name or takes its arguments otherwise. */
export const filters: Readonly<Record<string, Said>> = {
  default: orDefault,
  d: orDefault,
  join: ({ of, plain: [between = '""'], named: { attribute } }) => `(join ${of} ${between}${byName({ attribute })})`,
  json: ({ of, named: { indent } }) => `(json ${of}${byName({ indent })})`,
  list: same,
  safe: same,
  escape: same,
  e: same,
  sort: ({ of, plain: [reverse], named: { attribute, ...more } }) =>
    `(sort ${of}${byName({ reverse, attribute: attribute && colons(attribute), ...more })})`,
  dictsort: ({ of, plain: [, by], named: more }) => `(dictsort ${of}${byName({ by, ...more })})`,
  indent: ({ of, plain: [width = '4', first], named: more }) =>
    `(indent ${of} ${more.width ?? width}${byName({ first: first ?? more.first })})`,
  yaml: ({ of }) => `(yaml ${of})`,
  round: ({ of, plain: [digits = '0', method] }) => `(round ${of} ${digits}${byName({ method })})`,
  truncate: ({ of, plain: [length = '255', , end] }) => `(truncate ${of} ${length}${byName({ end })})`,
  batch: ({ of, plain: [count = '1', fill] }) => `(batch ${of} ${count}${byName({ fill })})`,
  center: ({ of, plain: [width = '80'] }) => `(pad ${of} ${width} side="both")`,
  quote: named('shell_quote'),
  traverse: named('get'),
  attr: named('lookup'),
  format: named('format'),
  strftime: named('strftime'),
  groupby: byAttribute('groupby'),
  map: ({ of, plain, named: { attribute, ...more } }) =>
    attribute === undefined
      ? byTest('map')({ of, plain, named: {} })
      : `(map ${of}${byName({ attribute: colons(attribute), ...more })})`,
  select: byTest('select'),
  reject: byTest('reject'),
  selectattr: byAttribute('selectattr'),
  rejectattr: byAttribute('rejectattr'),
};

const equal = named('eq');

/** What follows `is`. */
export const tests: Readonly<Record<string, Said>> = {
  defined: ({ of }) => `(defined ${of})`,
  string: ({ of }) => `(is_string ${of})`,
  boolean: ({ of }) => `(is_boolean ${of})`,
  sequence: ({ of }) => `(is_list ${of})`,
  list: ({ of }) => `(is_list ${of})`,
  integer: ({ of }) => `(is_number ${of})`,
  float: ({ of }) => `(is_number ${of})`,
  true: ({ of }) => `(eq ${of} true)`,
  false: ({ of }) => `(eq ${of} false)`,
  divisibleby: ({ of, plain: [by] }) => `(eq (mod ${of} ${by}) 0)`,
  eq: equal,
  equalto: equal,
  sameas: equal,
  match: named('regex_match'),
  search: named('regex_search'),
};

/** `(get x "a" other)` goes down at colons, and takes no name that has one. */
const get: Said = ({ of, plain: [key, other = 'null'] }) =>
  key !== undefined && /^"[^":]*"$/.test(key)
    ? `(get ${of} ${key} ${other})`
    : `(default (lookup ${of} ${key}) ${other})`;

/** Python's methods. */
export const methods: Readonly<Record<string, Said>> = {
  get,
  items: named('items'),
  join: ({ of, plain: [list] }) => `(join ${list} ${of})`,
  copy: same,
  pop: ({ of, plain: [key, other] }) =>
    other === undefined ? `(lookup ${of} ${key})` : `(default (lookup ${of} ${key}) ${other})`,
  ljust: ({ of, plain: [width] }) => `(pad ${of} ${width})`,
  rjust: ({ of, plain: [width] }) => `(pad ${of} ${width} side="left")`,
  zfill: ({ of, plain: [width] }) => `(pad ${of} ${width} side="left" fill="0")`,
};
