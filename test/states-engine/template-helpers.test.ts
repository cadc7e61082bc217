import test from 'ava';
import fc from 'fast-check';
import { TsaltError } from '../../lib/errors/error.ts';
import { templateFiles } from '../../states/engine/files.ts';
import { exampleData, exampleFiles, exampleNow } from '../../states/engine/template/helpers/examples.ts';
import { allHelpers, elsewhere, helperNamed } from '../../states/engine/template/helpers/registry.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import { treeOf } from './kit.ts';

const files = templateFiles(treeOf(exampleFiles));

function render(source: string): string {
  const call = (fun: string, args: readonly unknown[]) => {
    if (fun !== 'pillar.get' || args[0] !== 'web:port') throw new RangeError(`no ${fun}`);
    return exampleData.pillar.web.port;
  };
  return compileTemplate(source, 'x.sls').render(exampleData, { call, files, now: exampleNow }).text;
}

function errorOf(source: string): string {
  try {
    return `rendered: ${render(source)}`;
  } catch (thrown) {
    return thrown instanceof TsaltError ? thrown.message : String(thrown);
  }
}

for (const [room, helpers] of allHelpers()) {
  for (const [name, { example, gives, summary, takes, jinja }] of Object.entries(helpers)) {
    test(`${room}: the example of ${name}, renders to what the reference says`, (t) => {
      t.is(errorOf(example), `rendered: ${gives}`);
      t.regex(example, new RegExp(`\\b${name}\\b`));
      t.regex(summary, /\.$/);
      t.notRegex(takes, /\.$/);
      t.not(jinja, '');
    });
  }
}

const more: readonly (readonly [situation: string, source: string, text: string])[] = [
  ['and, stops at the first that is false', '{{and false pillar.missing}}', 'false'],
  ['or, stops at the first that is true', '{{or 1 pillar.missing}}', '1'],
  ['if, looks at one side only', '{{if true "a" pillar.missing}}', 'a'],
  ['maps from two sources, are equal by what they hold', '{{eq (load_yaml "{port: 8080}") pillar.web}}', 'true'],
  ['a default for the first of nothing', '{{default (first (list)) "none"}}', 'none'],
  [
    'round, of what a double holds badly',
    '{{round 1.005 2}} {{round -2.5}} {{round 1234.5 0 method="floor"}}',
    '1.01 -3 1234',
  ],
  ['range, down', '{{join (range 3 0 -1) " "}}', '3 2 1'],
  ['int, of what is no number', '{{int "12px" 5}} {{int 3.9}} {{int true}}', '5 3 1'],
  ['unique, of maps', '{{length (unique (list (dict a=1) (dict a=1)))}}', '1'],
  ['unique, keeps the first', '{{join (unique (list 2 1 2 3)) " "}}', '2 1 3'],
  [
    'sort, by an attribute, from the end',
    '{{join (map (sort pillar.hosts attribute="name" reverse=true) attribute="name")}}',
    'w1, d1',
  ],
  ['selectattr, of what has the attribute', '{{length (selectattr (values pillar.users) "shell")}}', '1'],
  ['map, with a default', '{{join (map (values pillar.users) attribute="shell" default="-")}}', '/bin/bash, -'],
  ['map, with a helper and what it takes', '{{join (map pillar.packages "replace" "n" "N") " "}}', 'NgiNx-light curl'],
  ['dictsort, by value', '{{join (keys (dictsort pillar.ports by="value")) " "}}', 'web admin'],
  ['keys that are numbers, in their own order', '{{json (keys (load_yaml "{10: a, 9: b}"))}}', '["10","9"]'],
  ['dictsort, of keys that are numbers', '{{json (keys (dictsort (load_yaml "{10: a, 9: b}")))}}', '["9","10"]'],
  [
    'merge, deeply, and lists on request',
    '{{json (merge (load_yaml "{a: {b: 1, c: [1]}}") (load_yaml "{a: {c: [2]}}") lists=true)}}',
    '{"a":{"b":1,"c":[1,2]}}',
  ],
  ['filter_by, with a glob for a key', '{{json (filter_by (load_yaml "{Deb*: 1}") grain="os")}}', '1'],
  [
    'filter_by, falls back',
    '{{json (filter_by (load_yaml "{default: {a: 1}}"))}}{{json (filter_by (dict))}}',
    '{"a":1}null',
  ],
  ['title, keeps what is between words', '{{title "it\'s o_k (yes)"}}', "It's O_k (Yes)"],
  ['split, of blanks around', '{{json (split "  a  b ")}}', '["a","b"]'],
  ['replace, some', '{{replace "aaa" "a" "b" count=2}}', 'bba'],
  ['format, left and signed', '[{{format "%-5s|%+d|%5.1f|%%" "ab" 3 2.26}}]', '[ab   |+3|  2.3|%]'],
  ['format, braces in a percent pattern', '{{format "{%s}" 1}} {{format "100%: {}" 2}}', '{1} 100%: 2'],
  ['indent, of lines with nothing', '{{indent (unescape "a\\n\\nb") 2}}', 'a\n\n  b'],
  [
    'regex_match, only at the start',
    '{{json (regex_match "a1" "\\d")}}{{json (regex_search "a1" "\\d")}}',
    'null["1"]',
  ],
  ['regex, named groups of Python', '{{json (regex_search "k=v" "(?P<key>\\w)=(?P<x>\\w)?")}}', '["k","v"]'],
  ['regex_replace, the first', '{{regex_replace "aa" "A" "b" count=1 ignorecase=true}}', 'ba'],
  ['json, over lines', '{{json (load_yaml "{a: [1], b: {}}") indent=2}}', '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'],
  [
    'yaml, of what would read as something else',
    '{{yaml (list "yes" "0644" "a: b" "" null 1.5 "x")}}',
    '- "yes"\n- "0644"\n- "a: b"\n- ""\n- null\n- 1.5\n- x',
  ],
  ['yaml, lists of maps', '{{yaml pillar.hosts}}', '- name: w1\n  role: web\n- name: d1\n  role: db'],
  ['python, quotes', '{{python (list "it\'s" 1.5)}}', '["it\'s", 1.5]'],
  ['ipaddr, with a mask', '{{lookup (ipaddr "10.1.2.3/255.255.0.0") "cidr"}}', '10.1.0.0/16'],
  [
    'ipaddr, of version 6',
    '{{#with (ipaddr "2001:db8::ff/120")}}{{network}} {{first}} {{last}} {{size}}{{/with}}',
    '2001:db8:: 2001:db8::1 2001:db8::ff 256',
  ],
  [
    'ipaddr, shortened as RFC 5952 says',
    '{{join (map (list "0:0:1:0:0:0:1:0" "::ffff:1.2.3.4" "::" "1::") "ipaddr" ) attribute="address"}}',
    '0:0:1::1:0, ::ffff:102:304, ::, 1::',
  ],
  ['network_size, beyond what a number holds', '{{network_size "2001:db8::/32"}}', '79228162514264337593543950336'],
  [
    'in_network, of several',
    '{{in_network "10.0.0.1" (list "192.168.0.0/16" "10.0.0.0/8")}}{{in_network "::1" "10.0.0.0/8"}}',
    'truefalse',
  ],
  [
    'network_hosts, of two and of one',
    '{{join (network_hosts "10.0.0.0/31")}} {{join (network_hosts "10.0.0.9")}}',
    '10.0.0.0, 10.0.0.1 10.0.0.9',
  ],
  ['strftime, weeks and days', '{{strftime "2027-01-01" "%G-W%V-%u %j %a"}}', '2026-W53-5 001 Fri'],
  ['strftime, of a stamp of Salt', '{{strftime "2026-01-31T23:59:59.123456" "%T.%f"}}', '23:59:59.123000'],
  ['strftime, with a zone', '{{strftime "2026-01-31T12:00:00+02:00" "%H"}}', '10'],
  ['base64, there and back', '{{base64_decode (base64_encode "ä\u20ac")}}', 'ä\u20ac'],
  ['shell_quote, of a plain word', '{{shell_quote "/srv/a-b"}}', '/srv/a-b'],
  ['match, of several globs', '{{match (list "db*" "web?")}}', 'true'],
];

for (const [situation, source, text] of more) {
  test(`helpers: ${situation}`, (t) => t.is(errorOf(source), `rendered: ${text}`));
}

const refused: readonly (readonly [situation: string, source: string, message: RegExp])[] = [
  [
    'too few arguments',
    'a\n {{regex_match id}}',
    /^x\.sls:2:4: helper 'regex_match' takes a text and a pattern; by name: ignorecase, multiline\n/,
  ],
  ['too many arguments', '{{lower id id}}', /1:3: helper 'lower' takes a text\n/],
  [
    'a misspelt name of an argument',
    '{{sort pillar.packages revers=true}}',
    /1:24: helper 'sort' takes[^]*did you mean 'reverse'/,
  ],
  ['an argument of the wrong kind', '{{add 1 "2"}}', /1:3: helper 'add' takes numbers/],
  ['an unknown helper, with the nearest', '{{sha265 "x"}}', /no helper 'sha265'[^]*did you mean 'sha256'/],
  ['a filter of Jinja', '{{tojson pillar}}', /no helper 'tojson'[^]*hint: write \(json x\)/],
  ['a word of Jinja as a block', '{{#macro x}}{{/macro}}', /no block helper 'macro'[^]*#\*inline/],
  ['a helper as a block', '{{#upper x}}{{/upper}}', /no block helper 'upper'[^]*write \{\{upper/],
  ['what objects have by birth, as a helper', '{{constructor 1}}', /no helper 'constructor'/],
  ['a prototype, by a colon path', '{{get pillar "__proto__:x"}}', /is not defined/],
  ['a prototype, looked up', '{{lookup grains "constructor"}}', /is not defined/],
  ['a division by zero', '{{div 1 0}}', /a number to divide by that is not 0/],
  ['a range without an end', '{{range 0 200000}}', /at most 100000 of them/],
  ['a step of nothing', '{{range 1 5 0}}', /the step not 0/],
  ['the first of nothing', '{{first (list)}}', /'first \(list\)' is not defined/],
  ['a repetition without measure', '{{repeat "abc" 100000}}', /at most 100000 characters/],
  [
    'texts that grow without measure',
    '{{replace (repeat "x" 100000) "x" (repeat "y" 100000)}}',
    /helper 'replace' failed/,
  ],
  [
    'a pattern that runs for ever',
    '{{regex_search (repeat "a" 40) "^(a+)+\\$b"}}{{regex_search (concat (repeat "a" 40) "b") "(a+)+$"}}',
    /done with its text within a second/,
  ],
  [
    'a pattern of choices that runs for ever',
    '{{regex_search (repeat "a" 60) (concat (repeat "(a|.)" 40) "b")}}',
    /done with its text within a second/,
  ],
  ['a helper without what it takes', '{{upper}}', /'upper' is not defined[^]*'upper' is a helper, which takes a text/],
  ['a method of Jinja', '{{pillar.get "a" "b"}}', /no helper 'pillar.get'[^]*write \(pillar "a:b" default\)/],
  ['a pattern that is none', '{{regex_search "a" "("}}', /helper 'regex_search' takes a pattern: /],
  ['a pattern without measure', '{{regex_search "a" (repeat "a" 1001)}}', /at most 1000 characters/],
  ['a sort of numbers and texts', '{{sort (list 1 "a")}}', /all numbers or all texts/],
  ['a helper by a name that is none', '{{map pillar.packages "uper"}}', /takes the name of a helper/],
  [
    'a helper by name, given the wrong thing',
    '{{map pillar.packages "abs"}}',
    /helper 'map' takes what 'abs' takes: a number/,
  ],
  ['too few values for a format', '{{format "%s %s" 1}}', /as many values as '%s %s' has places/],
  ['a network of too many hosts', '{{network_hosts "10.0.0.0/8"}}', /at most 65536 addresses/],
  ['what is no address', '{{ipaddr "10.0.0.256"}}', /takes an address/],
  ['YAML that is none, with its place', '{{load_yaml "a: [1"}}', /^load_yaml:1/],
  ['JSON that is none', '{{load_json "{"}}', /helper 'load_json' failed: the text is not JSON/],
  ['Base64 that is none', '{{base64_decode "a b c!"}}', /a text in Base64/],
  ['a date that is none', '{{strftime "2026-13-01" "%Y"}}', /takes a time/],
  ['a code of a date that is none', '{{strftime 0 "%Q"}}', /a format without '%Q'/],
  ['a failure on purpose', '\n{{fail "too small"}}', /^x\.sls:2:3: helper 'fail' failed: too small/],
  ['a list in text, with how to print it', '{{sort pillar.packages}}', /write \{\{json \(sort pillar.packages\)\}\}/],
];

for (const [situation, source, message] of refused) {
  test(`helpers: ${situation}, refused with its place`, (t) => t.regex(errorOf(source), message));
}

test('helpers: each name, in one room only', (t) => {
  const names = allHelpers().flatMap(([, helpers]) => Object.keys(helpers));
  t.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  );
});

test('helpers: names of Jinja that have a hint, are no helpers here', (t) => {
  for (const [name, hint] of Object.entries(elsewhere)) {
    t.is(helperNamed(name), undefined, name);
    const [, used] = /^\((\w+)/.exec(hint) ?? [];
    if (used !== undefined) t.truthy(helperNamed(used), hint);
  }
});

test('helpers: no time where none is handed in', (t) => {
  t.throws(() => compileTemplate('{{now}}{{int (now)}}', 'y.sls').render({ now: 1 }), {
    message: /no time is handed in/,
  });
});

test('yaml and json: read back, the same value', (t) => {
  const word = fc.constantFrom(
    'yes',
    '~',
    '...',
    '---',
    '1_000',
    '0x1f',
    'a: b',
    '- a',
    ' x',
    'x ',
    '#',
    "'",
    '[',
    '<<',
    '12:30',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        word,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), word), tie('value'), { maxKeys: 4 }),
    ),
  }));
  const read = (way: string) => `{{#unless (eq ${way} value)}}{{fail (json value)}}{{/unless}}`;
  const ways = [
    '(load_yaml (yaml value))',
    '(load_yaml (concat (yaml value) (unescape "\\n")))',
    '(load_json (json value))',
    '(load_json (json value indent=2))',
  ];
  const template = compileTemplate(ways.map(read).join(''), 'x.sls');
  fc.assert(
    fc.property(value, (one) => {
      t.is(template.render({ value: one }).text, '');
    }),
    { numRuns: 500 },
  );
});
