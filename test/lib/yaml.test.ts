import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { TsaltError } from '../../lib/errors/error.ts';
import { loadYaml, wordToYaml } from '../../lib/yaml/load.ts';
import { keyAsWritten, keysOf, type Yaml } from '../../lib/yaml/maps.ts';
import { readSimple, simpleOffsets } from '../../lib/yaml/simple.ts';
import { offsetOf, parseWhole, readWhole } from '../../lib/yaml/whole.ts';

const fixtures = path.resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'salt');

interface Case {
  readonly text: string;
  readonly value?: unknown;
  readonly error?: true;
}

/** With the order and the kind of keys, as the recorder writes them. */
function ordered(value: Yaml): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value === 'number' && !Number.isFinite(value)) return { float: pythonic(value) };
  if (typeof value !== 'object' || value === null) return value;
  return { map: keysOf(value).map((key) => [keyAsWritten(value, key), ordered(value[key] ?? null)]) };
}

function pythonic(value: number): string {
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function whole(text: string) {
  const errors: TsaltError[] = [];
  const data = readWhole(text, () => ({ file: 'f', line: 1, column: 1 }), errors);
  return { errors, data: ordered(data) };
}

/** Every way into the data. */
function paths(value: Yaml, before: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  const steps = Array.isArray(value) ? [...value.keys()] : keysOf(value);
  return steps.flatMap((step) => {
    const inner = (value as Readonly<Record<string | number, Yaml>>)[step] ?? null;
    return [[...before, step], ...paths(inner, [...before, step])];
  });
}

/** Ways into a simple text whose place the quick reader tells otherwise than the whole parser; and how many it tells. */
function otherPlaces(text: string, data: Yaml) {
  const [quick, document] = [simpleOffsets(text), parseWhole(text)];
  const kinds = ['key', 'value'] as const;
  const all = paths(data).flatMap((path) =>
    kinds.map((what) => ({ path, what, quick: quick(path, what), whole: offsetOf(document, path, what) })),
  );
  const told = all.filter((one) => one.quick !== undefined);
  return { told: told.length, of: all.length, others: told.filter((one) => one.quick !== one.whole) };
}

const cases = JSON.parse(readFileSync(path.join(fixtures, 'yaml.json'), 'utf8')) as Case[];

test("yaml: every recorded text, the answer of Salt's own loader", (t) => {
  t.true(cases.length > 150);
  for (const { text, value, error } of cases) {
    const { data, errors } = loadYaml(text, 'f');
    if (error) t.true(errors.length > 0, text);
    else {
      t.deepEqual(errors, [], text);
      t.deepEqual(ordered(data), value, text);
    }
  }
});

test('yaml: what the quick reader understands, the whole parser understands the same way', (t) => {
  const quick = cases.filter(({ text }) => readSimple(text) !== undefined);
  t.true(quick.length > 100, `${quick.length}`);
  for (const { text } of quick) {
    const simple = readSimple(text);
    t.deepEqual({ errors: [] as TsaltError[], data: ordered(simple?.data ?? null) }, whole(text), text);
    t.deepEqual(otherPlaces(text, simple?.data ?? null).others, [], text);
  }
});

test('yaml: a usual state file, the quick reader tells nearly every place', (t) => {
  const text = `# note
/etc/motd:
  file.managed:
    - contents: |
        a: b
        - c
    - mode: '0644'
    - user: root   # said
    - require:
      - file: /x
      - id: y
    -
      group: root

80:
  test.nop: []
`;
  const { told, of, others } = otherPlaces(text, readSimple(text)?.data ?? null);
  t.deepEqual(others, []);
  t.true(told === of && of > 20, `${told} of ${of}`);
});

test('yaml: lines put together at random, the quick reader gives up or agrees with the whole parser', (t) => {
  const piece = fc.constantFrom(
    'a: 1',
    'b:',
    'c: "x y"',
    "d: 'it''s'",
    '- x',
    '- e: 2',
    '-',
    '- - y',
    'f: |',
    'g: >',
    'text',
    '# note',
    '',
    'h: [1, a, "b"]',
    'i: {j: k, "l": 2}',
    'm: x # n',
    'n: - o',
    '"q": r',
    '? s',
    'u: &v w',
    'x: *v',
    '<<: *v',
    '- "z"',
    '- ',
    'a: b: c',
    "'q' : 1",
    'k : v',
    'y: [',
    'z: ]',
    '- |-',
    'aa: |+',
    '---',
    '0644: yes',
    'bb: -',
  );
  const line = fc.tuple(fc.integer({ min: 0, max: 3 }), piece).map(([depth, text]) => '  '.repeat(depth) + text);
  const document = fc.array(line, { maxLength: 7 }).map((lines) => `${lines.join('\n')}\n`);
  fc.assert(
    fc.property(document, (text) => {
      const simple = readSimple(text);
      if (simple === undefined) return;
      t.deepEqual({ errors: [] as TsaltError[], data: ordered(simple.data) }, whole(text), text);
      t.deepEqual(otherPlaces(text, simple.data).others, [], text);
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

test('yaml: any JSON, read as JSON reads it', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, (_, item: unknown) =>
        typeof item === 'number' ? Math.trunc(item) % 1e9 : item,
      );
      // JSON allows characters that YAML does not.
      // oxlint-disable-next-line no-control-regex
      if (/[\x7f\ufffe\uffff]|__proto__/.test(text)) return;
      const { data, errors } = loadYaml(text, 'f');
      t.deepEqual(errors, []);
      t.deepEqual(JSON.parse(JSON.stringify(data)), JSON.parse(text));
    }),
  );
});

test('yaml: a duplicate key, the place of the second and the line of the first', (t) => {
  const { errors } = loadYaml('a:\n  b: 1\n  c: 2\n  b: 3\n', 'x.sls');
  t.is(errors[0]?.message, "x.sls:4:3: 'b' is already a key here (line 2)\n4 |   b: 3\n  |   ^");
});

test('yaml: a tab as indent, the place and what to use instead', (t) => {
  const { errors } = loadYaml('a:\n\tb: 1\n', 'x.sls');
  t.regex(errors[0]?.message ?? '', /^x\.sls:2:1: this is not YAML:.*\n2 \| \tb: 1\n.*\^\nhint: .*no tabs/s);
});

test('yaml: two maps with the same mistake, both are named', (t) => {
  t.is(loadYaml('a: {x: 1, x: 2}\nb: {y: 1, y: 2}\n', 'f').errors.length, 2);
});

test('yaml: an unknown tag and an unknown alias, errors with a place', (t) => {
  t.regex(loadYaml('a: !foo x\n', 'f').errors[0]?.message ?? '', /^f:1:\d+: tag !foo has no meaning here/);
  t.regex(loadYaml('a: *nope\n', 'f').errors[0]?.message ?? '', /^f:1:4: there is no anchor &nope/);
});

test('yaml: a bomb of aliases, refused', (t) => {
  const lines = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]\n`);
  t.is(loadYaml(`a0: &a0 [x, x]\n${lines.join('')}`, 'f').errors[0]?.code, 'TS_YAML_TOO_MANY_ALIASES');
});

test('yaml: a place by path, the key, the value and what is merged in', (t) => {
  const file = loadYaml('base: &b\n  k: 1\nid:\n  file.managed:\n    - name: /x\n    - mode: 5\n  <<: *b\n', 'f');
  const at = (place: { line: number; column: number }) => `${place.line}:${place.column}`;
  t.is(at(file.placeOf(['id', 'file.managed', 1, 'mode'])), '6:7');
  t.is(at(file.placeOf(['id', 'file.managed', 1, 'mode'], 'value')), '6:13');
  t.is(at(file.placeOf(['id', 'file.managed', 0])), '5:7');
  t.is(at(file.placeOf(['id', 'k'])), '2:3');
  t.is(at(file.placeOf(['id', 'gone', 'deeper'])), '3:1');
});

test('yaml: names that objects have by birth, ordinary keys', (t) => {
  const { data } = loadYaml('__proto__: {polluted: yes}\nconstructor: 1\n', 'f');
  t.deepEqual(keysOf(data as object), ['__proto__', 'constructor']);
  t.is(({} as Record<string, unknown>)['polluted'], undefined);
});

test('yaml: a word of the command line, YAML where it is', (t) => {
  t.deepEqual(['True', '0644', 'a b', '{a: [1]}', 'x: [', '*', '', "'1'"].map(wordToYaml).map(ordered), [
    true,
    644,
    'a b',
    { map: [['a', [1]]] },
    'x: [',
    '*',
    null,
    '1',
  ]);
});

test('yaml: a mistake in a file that begins with an empty line and has a mark of a secret, told', (t) => {
  t.is(loadYaml('\n  a: 1\n  b: [\n!secret x\n', 'f').errors[0]?.code, 'TS_YAML_SYNTAX');
});

const slips: readonly (readonly [what: string, text: string, place: string, problem: RegExp])[] = [
  [
    'a * without quotes as a target',
    'base:\n  *:\n    - x\n',
    '2:3',
    /begins with \*[^]*hint: put quotes around it: '\*'/,
  ],
  [
    'a * before a list in its line',
    'base:\n  *web*: [x]\n',
    '2:3',
    /begins with \*[^]*hint: put quotes around it: '\*web\*'/,
  ],
  ['a * without quotes as a value', 'a:\n  - who: *\n', '2:10', /begins with \*[^]*hint: put quotes around it: '\*'/],
  ['a * in a value', 'a: *.log\n', '1:4', /no anchor &\.log[^]*hint: put quotes around it: '\*\.log', if it is a text/],
  ['a key deeper than an alias above it', 'a: &x 1\nb: *x\n c: 2\n', '3:1', /not indented as those before it/],
  ['a [ without ]', 'a: [1, [2]\nb: 3\n', '1:4', /the \[ that opens here is never closed/],
  ['a { without }', 'a:\n  b: {x: [1]\nc: 3\n', '2:6', /the \{ that opens here is never closed/],
  ['a [ in a { without ]', 'a: {x: [1, 2}\n', '1:8', /the \[ that opens here is never closed/],
  ['a quoted key without a colon, above its list', "base:\n  'web*'\n    - x\n", '2:3', /neither a 'key: value'/],
  [
    'a quoted key without a colon, beside its list',
    "base:\n  'web*' [x]\n",
    '2:10',
    /behind the end of a value[^]*hint: put a ':' before it/,
  ],
  ['a list beside its key', 'a: - b\n', '1:4', /a list begins below its key/],
  ['a key deeper than those before it in an item', 'a:\n  - b: 1\n   c: 2\n', '3:1', /not indented as those before it/],
];

for (const [what, text, place, problem] of slips)
  test(`yaml: ${what}, is told where it is and in plain words`, (t) => {
    const [first] = loadYaml(text, 'x.sls').errors;
    t.true(first?.message.startsWith(`x.sls:${place}: `), first?.message);
    t.regex(first?.message ?? '', problem);
  });
