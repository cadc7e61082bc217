import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { TsaltError } from '../../lib/errors/error.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import { decodeJson } from '../../wire/codec.ts';
import { cpuMs } from '../kit/cpu.ts';

/* Data stays data: no text of a template's data, of YAML or of a message becomes code. */

const data = {
  grains: { os: 'Debian', text: '{{constructor.constructor "return process"}}' },
  pillar: { list: ['a', 'b'], evil: '{{#each pillar}}{{this}}{{/each}}' },
};
const render = (source: string): string => compileTemplate(source, 'x.sls').render(data).text;
/** What comes of it: the text, or the code of the error. */
function outcome(source: string): string {
  try {
    return render(source);
  } catch (thrown) {
    return thrown instanceof TsaltError ? thrown.code : `a bug: ${String(thrown)}`;
  }
}

const births = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'call',
  'apply',
];

test('templates: what objects, lists, texts and functions have by birth, is not there', (t) => {
  const places = ['', 'grains.', 'pillar.list.', 'grains.os.', '@root.', 'this.', 'grains.[', 'pillar.list.[0].'];
  for (const birth of births) {
    for (const place of places) {
      const name = `${place}${birth}${place.endsWith('[') ? ']' : ''}`;
      for (const source of [
        `{{${name}}}`,
        `{{${name} "return 1"}}`,
        `{{#with ${name}}}{{this}}{{/with}}`,
        `{{#if ${name}}}{{/if}}`,
      ]) {
        t.regex(outcome(source), /^TS_TEMPLATE_/, source);
      }
      t.is(outcome(`{{default ${place}${birth}${place.endsWith('[') ? ']' : ''} "none"}}`), 'none', name);
    }
    for (const helper of [
      `{{lookup grains "${birth}"}}`,
      `{{pillar "list:${birth}"}}`,
      `{{pillar "${birth}:${birth}"}}`,
    ]) {
      t.regex(outcome(helper), /^TS_TEMPLATE_/, helper);
    }
    t.regex(outcome(`{{> ${birth}}}`), /^TS_TEMPLATE_/);
    t.regex(outcome(`{{#${birth}}}x{{/${birth}}}`), /^TS_TEMPLATE_/);
  }
  t.is(({} as Record<string, unknown>)['polluted'], undefined);
});

test('templates: a template in the data, is text', (t) => {
  t.is(render('{{grains.text}}'), data.grains.text);
  t.is(render('{{pillar.evil}}'), data.pillar.evil);
  t.is(render('{{#each pillar.list}}{{../pillar.evil}}{{/each}}'), data.pillar.evil.repeat(2));
});

test('templates: loops without end in little text, are ended by their steps and not by the clock', (t) => {
  const nested = (depth: number): string => (depth === 0 ? 'x' : `{{#each (range 1000)}}${nested(depth - 1)}{{/each}}`);
  const began = cpuMs();
  t.is(outcome(nested(4)), 'TS_TEMPLATE_TOO_MUCH');
  t.true(cpuMs() - began < 60_000);
  t.regex(outcome('{{> self}}{{#*inline "self"}}{{> self}}{{/inline}}'), /^TS_TEMPLATE_/);
  t.regex(outcome(`{{${'('.repeat(5000)}`), /^TS_TEMPLATE_/);
  t.regex(outcome('{{#if grains.os}}'.repeat(300)), /^TS_TEMPLATE_/);
});

/** Tags by which loaders of other languages make objects, and what else turned data into code. */
const tagged = [
  '!!js/function "function () { return 1 }"',
  '!!js/regexp /x/',
  '!!js/undefined ""',
  '!!python/object/apply:os.system ["id"]',
  '!!python/name:os.system ""',
  '!!python/object:__main__.X {}',
  '!!ruby/object:Gem::Requirement {}',
  '!ruby/hash:X {}',
  '!!java.lang.Runtime []',
  '!<tag:yaml.org,2002:js/function> "x"',
  '!include /etc/passwd',
  '!env HOME',
];

test('templates: tags of YAML that make something of a text, are errors', (t) => {
  for (const text of tagged) {
    for (const file of [`a: ${text}\n`, `- ${text}\n`, `? ${text}\n: b\n`]) {
      const { errors } = loadYaml(file, 'f');
      t.true(errors.length > 0, file);
    }
  }
});

test('templates: names of birth in YAML and in messages, are no way to any prototype', (t) => {
  for (const birth of births) {
    const { data: read } = loadYaml(`${birth}: {polluted: 1}\n<<: {${birth}: {polluted: 1}}\n`, 'f');
    t.is(({} as Record<string, unknown>)['polluted'], undefined, birth);
    t.true(Object.hasOwn(read as object, birth) || loadYaml(`${birth}: 1\n`, 'f').errors.length > 0, birth);
  }
  const key = (name: string) => Buffer.concat([Buffer.from([0xa0 | name.length]), Buffer.from(name)]);
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const body = Buffer.concat([
      Buffer.from([0x81]),
      key(name),
      Buffer.from([0x81]),
      key('polluted'),
      Buffer.from([1]),
    ]);
    t.is(decodeJson(body), undefined, name);
    t.is(decodeJson(Buffer.concat([Buffer.from([0x81]), key('a'), body])), undefined, name);
  }
  t.is(({} as Record<string, unknown>)['polluted'], undefined);
});

test('templates: a billion laughs, and a million, refused at once, by aliases and by merging', (t) => {
  const began = cpuMs();
  for (const depth of [13, 30]) {
    const levels = Array.from({ length: depth }, (_, n) => n);
    const lines = levels.map((n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]\n`);
    const merged = levels.map((n) => `a${n + 1}: &a${n + 1} {<<: [*a${n}, *a${n}], k${n}: *a${n}, l${n}: *a${n}}\n`);
    for (const text of [`a0: &a0 [x, x]\n${lines.join('')}`, `a0: &a0 {x: 1}\n${merged.join('')}`]) {
      t.is(loadYaml(text, 'f').errors[0]?.code, 'TS_YAML_TOO_MANY_ALIASES');
    }
  }
  t.true(cpuMs() - began < 8000);
});

test('templates: no source makes code of text, but for patterns that get their own time', (t) => {
  const root = path.resolve(import.meta.dirname, '..', '..', '..');
  const having = ['cli', 'cluster', 'lib', 'master', 'minion', 'pillar', 'reactors', 'states', 'store', 'wire'].flatMap(
    (room) =>
      readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => path.posix.join(room, name))
        .filter((name) =>
          /\beval\(|new Function\(|node:vm'|runInContext|Handlebars\.compile/.test(
            readFileSync(path.join(root, name), 'utf8'),
          ),
        ),
  );
  t.deepEqual(having.sort(), ['lib/builtin.ts', 'lib/time-limit.ts', 'states/engine/template/helpers/patterns.ts']);
});
