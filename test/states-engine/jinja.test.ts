import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { TsaltError } from '../../lib/errors/error.ts';
import { jinjaMistakes } from '../../states/engine/template/jinja/mistakes.ts';
import { tagsOf } from '../../states/engine/template/jinja/tags.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import { write } from './kit.ts';

/* What is told of Jinja: that whoever writes what the hints say has what Salt renders. */

const fixtures = path.resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'salt');

interface Cases {
  readonly grains: Readonly<Record<string, unknown>>;
  readonly pillar: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly templates: readonly string[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(path.join(fixtures, name), 'utf8'));
const cases = read('jinja.cases.json') as Cases;
const recorded = read('jinja.json') as readonly string[];

/** The source with every tag that there is a mistake for replaced by what its hint says to write. */
function ported(source: string): string {
  const tags = tagsOf(source);
  let text = source;
  for (const { place, hint = '' } of jinjaMistakes(source, 'x').toReversed()) {
    const tag = tags.find(({ at }) => place?.line === lineAt(source, at) && place.column === columnAt(source, at));
    if (!tag) throw new Error(`no tag at ${place?.line}:${place?.column}`);
    const said = hint.replace(/^write /, '').replaceAll(', and below it ', '');
    text = text.slice(0, tag.at) + said + text.slice(tag.end);
  }
  return text;
}

const lineAt = (source: string, at: number): number => source.slice(0, at).split('\n').length;
const columnAt = (source: string, at: number): number => at - source.lastIndexOf('\n', at - 1);

/** Maps have no order in what is compared, and JSON no blanks. */
function settled(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.replaceAll('": ', '":').replaceAll(', "', ',"');
  }
}

for (const [index, source] of cases.templates.entries()) {
  test(`Salt's own text: ${source}, the same from the Handlebars of its hints`, (t) => {
    const data = { ...cases.values, grains: cases.grains, pillar: cases.pillar, opts: {}, id: 'web1' };
    const template = ported(source);
    t.notRegex(template.replace(/\{\{\{\{[^]*\}\}\}\}/, ''), /\{%|\{#(?!\w)|NAME1|\.\.\./);
    const { text } = compileTemplate(template, 'x').render(data);
    t.deepEqual(settled(text), settled(recorded[index] ?? ''), template);
  });
}

const saltCall = process.env.SALT_CALL;

// Where there is one: `.ci/run` installs it.
if (saltCall) {
  test.serial('the real Salt: renders the templates to what was recorded', async (t) => {
    const config = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(config, { recursive: true }));
    const pillar = path.join(config, 'pillar');
    const between = '\n@@@@\n';
    write(config, {
      minion: JSON.stringify({
        id: 'web1',
        file_client: 'local',
        root_dir: config,
        grains: cases.grains,
        pillar_roots: { base: [pillar] },
      }),
      'pillar/top.sls': "base: {'*': [data]}\n",
      'pillar/data.sls': JSON.stringify(cases.pillar),
      template: cases.templates.join(between),
    });
    const values = Object.entries(cases.values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const words = ['slsutil.renderer', path.join(config, 'template'), 'default_renderer=jinja', ...values];
    const { stdout } = await promisify(execFile)(saltCall, [
      '--local',
      '--config-dir',
      config,
      '--out',
      'json',
      ...words,
    ]);
    t.deepEqual((JSON.parse(stdout) as { local: string }).local.split(between), recorded);
  });
}

const told: readonly (readonly [situation: string, source: string, hint: string])[] = [
  [
    'a value that is set',
    "{% set x = grains['os'] %}",
    'write {{#let x=grains.os}} ... {{/let}} around all that uses it',
  ],
  [
    'one that is set in a block',
    "{% if a == 1 %}{% set x = 'y' %}{% endif %}",
    `a block's names end with it: write {{#let x=(if (eq a 1) "y" ...)}} ... {{/let}} around all that uses it`,
  ],
  [
    'a text that is set',
    '{% set x %}\nhello\n{% endset %}',
    'write {{#*inline "x"}}, and (render "x") where it is used',
  ],
  [
    'an item that is added',
    "{% do x.append('y') %}",
    'nothing changes a value here: write {{#let x=(concat x (list "y"))}} ... {{/let}} around all that uses it',
  ],
  [
    'entries that are added in a block',
    "{% if a %}{% do x.update({'b': 1}) %}{% endif %}",
    'nothing changes a value here: write {{#let x=(merge x (if a (dict b=1) (dict)))}} ... {{/let}} around all that uses it',
  ],
  [
    'a list that a loop makes',
    '{% for u in users %}{% do x.append(u) %}{% endfor %}',
    `nothing changes a value here: what a loop makes is said at once, (select list "helper" ...), (map (selectattr list "path") attribute="name"), (keys map) where 'x' is named`,
  ],
  [
    'a macro',
    "{% macro job(name, minute='0') %}\n{% endmacro %}",
    'write {{#*inline "job"}}{{#let minute=(default minute "0")}}, and {{/let}} at its end',
  ],
  [
    'a call of a macro of the file itself',
    "{% macro job(name, minute='0') %}\n{% endmacro %}{{ job('x', 5) }}",
    'write {{> job name="x" minute=5}}',
  ],
  [
    'a call of a macro of another file',
    "{% from 'lib.jinja' import job with context %}\n{{ job('x', minute=5) }}",
    'write {{> job NAME1="x" minute=5}}, each with the name that the macro has for it',
  ],
  [
    'a macro as a value',
    "{% from 'lib.jinja' import job %}{{ job(a=1) | indent(4) }}",
    'write {{indent (render "job" a=1) 4}}',
  ],
  ['macros of another file', "{% from 'lib.jinja' import job %}{{ job() }}", 'write {{*import "lib.hbs"}}'],
  [
    'a value of another file',
    "{% from tplroot ~ '/map.jinja' import ntp with context %}",
    'write {{#let ntp=(load_yaml (render (concat tplroot "/map.hbs")))}} ... {{/let}} around all that uses it; that file has to print it as {{json x}}. For macros of it: {{*import (concat tplroot "/map.hbs")}}',
  ],
  [
    'data of the tree',
    "{% import_yaml 'a.yaml' as a %}",
    'write {{#let a=(import_yaml "a.yaml")}} ... {{/let}} around all that uses it',
  ],
  ['a file that is taken in', "{% include './a.jinja' ignore missing %}", 'write {{> "./a.hbs"}}'],
  [
    'an item that is added the old way',
    "{% set _ = x.append('y') %}",
    'nothing changes a value here: write {{#let x=(concat x (list "y"))}} ... {{/let}} around all that uses it',
  ],
  [
    'data in the file itself',
    '{% load_yaml as x %}a: 1{% endload %}',
    'write {{#*inline "x"}}, and (load_yaml (render "x")) where it is used',
  ],
  ['its end', '{% load_yaml as x %}a: 1{% endload %}', 'write {{/inline}}'],
  ['a failure', "{{ raise('no ' ~ id) }}", 'write {{fail (concat "no " id)}}'],
  ['an item by a point', "{% if x.0 == 'a' %}{% endif %}", 'write {{#if (eq (lookup x 0) "a")}}'],
  [
    'an entry that is taken out',
    "{% do x.pop('y') %}",
    'nothing changes a value here: write {{#let x=(omit x "y")}} ... {{/let}} around all that uses it',
  ],
  ['a copy that is changed', '{% set y = x.copy() %}', 'write {{#let y=x}} ... {{/let}} around all that uses it'],
  ['keys of JSON that stay as they are', '{{ x | json(sort_keys=False) }}', 'write {{json x}}'],
  [
    'names that everything has by birth',
    '{{ constructor | select("toString") | join(loop.valueOf) }}',
    'write {{join x}}, which takes a list and what goes between its items',
  ],
  ['a call with a block', '{% call m(1) %}x{% endcall %}', 'write {{#> m}}'],
  [
    'a filter over a block',
    '{% filter indent(4) %}x{% endfilter %}',
    'write {{#*inline "text"}}, and {{indent (render "text") 4}} where it is used',
  ],
  ['names for values', '{% with a = 1, b = x.y %}{% endwith %}', 'write {{#let a=1 b=x.y}}'],
  [
    'a name space',
    '{% set ns = namespace(found=false) %}',
    'what a loop changes does not outlive it: say at once what is looked for, (select list "helper" ...), (selectattr list "path" ...), (map list "helper")',
  ],
  ['a statement without its end', 'a {% if x', 'text that is meant so stands in {{{{raw}}}} ... {{{{/raw}}}}'],
  ['an end of nothing', 'a {% endif %}', 'nothing is open that ends here: leave it out'],
  ['what an event carries', "{{ data['id'] }}", 'write {{data.id}}'],
  ['what an event carries, by a dash', "{{ data['post-data'].x }}", 'write {{lookup (lookup data "post-data") "x"}}'],
  [
    'an execution function',
    "{{ salt['network.ip_addrs']('eth0') | first }}",
    'write {{first (salt "network.ip_addrs" "eth0")}}',
  ],
  ['a filter that is not known', '{{ x | frobnicate }}', "there is no helper 'frobnicate'"],
  ['a filter that is nearly known', '{{ x | lenght }}', "did you mean 'length'?"],
];

for (const [situation, source, hint] of told) {
  test(`Jinja: ${situation}, what to write is told`, (t) => {
    const hints = jinjaMistakes(source, 'x.sls').map((mistake) => mistake.hint);
    t.true(hints.includes(hint), hints.join('\n'));
  });
}

test('Jinja: what only looks like it, is left alone', (t) => {
  for (const source of [
    '{{abs -3}} {{if a "b" "c"}} {{x.y}} {{else}} {{~x~}} {{{x}}} {{> part a=1}} {{#*inline "a"}}{{/inline}}',
    '{{{{raw}}}}{% if x %}{{ a | b }}{# c #}{{{{/raw}}}}',
    "{{!-- don't: {% if %} --}}",
    '${#list[@]} 100%',
  ])
    t.deepEqual(jinjaMistakes(source, 'x'), [], source);
});

test('a template that is half Jinja, half Handlebars: the mistakes of both are told at once', (t) => {
  const source = "{{#if (eqq a 1)}}\n{% set b = 1 %}\n{{/if}}\n{{ c['d'] }}\n";
  const error = t.throws(() => compileTemplate(source, 'x'), { instanceOf: TsaltError });
  const all = [error, ...error.others].map(({ place, code }) => `${place?.line} ${code}`);
  t.deepEqual(all, ['2 TS_TEMPLATE_JINJA', '4 TS_TEMPLATE_JINJA']);
  const half = t.throws(() => compileTemplate('{{#if (eqq a 1)}}\n{% set b = 1 %}\n{{/if}}\n', 'x'), {
    instanceOf: TsaltError,
  });
  t.deepEqual(
    [half, ...half.others].map(({ place }) => place?.line),
    [2, 1],
  );
});

test('Jinja: whatever stands in a template, a mistake of it is one with its place', (t) => {
  const words =
    "{% | %} |{{ | }}|{{- | -}}|{# | #}|if |for x in |set x = |do |macro m(|from |import |endif|x|.y|['z']|(|)|[|]|{|}|¦ join| is defined| and | not |-|~|, |: |'|\"|\\|1|\n|%|=|{{#if x}}|{{/if}}|{{json x}}|{{{{raw}}}}|{{!-- |--}}|else|raw|end| loop.index|caller()|salt";
  const piece = fc.constantFrom(...words.split('|').map((word) => word.replace('¦', '|')));
  let told = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      try {
        compileTemplate(pieces.join(''), 'x');
      } catch (thrown) {
        if (!(thrown instanceof TsaltError)) throw thrown;
        told++;
        for (const { place } of [thrown, ...thrown.others]) t.truthy(place);
      }
    }),
    { numRuns: 3000 },
  );
  t.true(told > 1000, `${told} told`);
  for (const many of ['(', '[', '{', '-', 'not ', 'x.', 'x + ', 'a | b | ', "x['", '{{ '])
    t.throws(() => compileTemplate(`{% if ${many.repeat(20_000)} %}`, 'x'), { instanceOf: TsaltError });
  t.notThrows(() => jinjaMistakes(`{{ ${Array(2000).fill('x').join(' + ')} }}`, 'x'));
});
