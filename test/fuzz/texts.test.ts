import test from 'ava';
import fc from 'fast-check';
import { TsaltError } from '../../lib/errors/error.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { parseTarget, targetTypes } from '../../lib/target/target.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { gate, messageLimits, upLimits } from '../../wire/gate.ts';
import { decodeJson, decodeMap, encodeJson } from '../../wire/codec.ts';
import { MasterHandshake } from '../../wire/handshake.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { handshake } from '../wire/kit.ts';
import { cpuMs } from '../kit/cpu.ts';
import { corpus } from './bodies.ts';
import { mutated, value } from './bytes.ts';
import { seeded } from './random.ts';

/* Whatever is handed to what reads bytes and texts, it gives an answer or an error of ours, and soon. */

const many = Number(process.env['TSALT_FUZZ_FRAMES'] ?? 6_000);
const numRuns = Math.ceil(many / 10);
// What is run every day finds the same every day; the long run looks elsewhere, too.
const seeds = process.env['TSALT_FUZZ_FRAMES'] === undefined ? [1] : [1, Math.floor(Math.random() * 2 ** 32)];

/** What one call may take of the processor, in ms; a busy machine makes that more. */
const mostMs = 500;

/** Calls it; anything but an error of ours is a failure, and so is a call that takes long. */
function soon(t: { fail(message: string): void }, what: string, work: () => unknown): void {
  const began = cpuMs();
  try {
    work();
  } catch (error) {
    if (!(error instanceof TsaltError)) t.fail(`${what}: ${String(error)}`);
  }
  const took = cpuMs() - began;
  if (took > mostMs) t.fail(`${what}: ${Math.round(took)} ms`);
}

const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'web*',
      'and',
      'or',
      'not',
      '(',
      ')',
      'G@os:Debian',
      'E@^a(b|c)',
      'L@a,b',
      'S@10.0.0.0/8',
      'S@::/0',
      'I@a:b',
      'P@os:x+',
      'N@g',
      'N@loop',
      'G|@a|b',
    ),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '[',
      '[a',
      '[!a-',
      '(((',
      'E@(',
      'S@999.1.1.1',
      'S@1.2.3.4/99',
      'X@y',
      '@',
      'E@',
      '\\',
      '**********',
    ),
  },
);
const target = fc.array(word, { maxLength: 30 }).map((words) => words.join(' '));

test('fuzz: target expressions of any kind, are read or refused, and every minion is told yes, no or unknown', (t) => {
  const facts = [{ id: 'web1' }, { id: 'web1', grains: { os: 'Debian', a: { b: ['c', 1, null] } }, pillar: {} }];
  const nodegroups = { g: 'web* and not N@loop', loop: ['N@loop'], empty: '' };
  for (const seed of seeds) {
    fc.assert(
      fc.property(target, fc.constantFrom(...targetTypes, 'glob', 'compound', 'none'), (text, type) => {
        soon(t, `seed ${seed}, ${type} ${JSON.stringify(text)}`, () => {
          const matches = parseTarget(text, type, { nodegroups });
          for (const one of facts) if (![true, false, undefined].includes(matches(one))) t.fail(text);
        });
      }),
      { numRuns, seed, endOnFailure: true },
    );
  }
  for (const text of [
    '('.repeat(3000),
    'not '.repeat(3000) + 'web1',
    `${'( '.repeat(1500)}web1${' )'.repeat(1500)}`,
    'web1 or '.repeat(5000) + 'x',
  ]) {
    soon(t, `${text.slice(0, 20)}... of ${text.length}`, () => parseTarget(text, 'compound')({ id: 'web1' }));
  }
  soon(t, 'a glob of stars', () => fnmatch('*a'.repeat(60))('a'.repeat(120)));
  t.pass();
});

const piece = fc.oneof(
  fc.constantFrom(
    'a:',
    '  b: 1',
    '- c',
    '&x',
    '*x',
    '<<: *x',
    '? k',
    ': v',
    '|',
    '>-',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    '!!int',
    '!secret',
    '---',
    '...',
    '%YAML 1.2',
    '#',
    '\t',
    '  ',
    '\r\n',
    '\ufeff',
    '0o17',
    '1e999',
    '.nan',
    'yes',
    '2001-01-01',
    '__proto__: 1',
    'a: &a [*a]',
    'b: &b {<<: *b}',
  ),
  fc.string({ maxLength: 8 }),
);
const yaml = fc
  .array(fc.tuple(piece, fc.constantFrom('\n', ' ', '', '\n  ', '\n    ')), { maxLength: 40 })
  .map((pieces) => pieces.flat().join(''));

test('fuzz: YAML of any kind, is read or refused with a place, and both are quick', (t) => {
  for (const seed of seeds) {
    fc.assert(
      fc.property(yaml, (text) => {
        soon(t, `seed ${seed}, ${JSON.stringify(text)}`, () => {
          const file = loadYaml(text, 'f');
          if (file.errors.length === 0) file.placeOf(['a', 'b', 0], 'value');
        });
      }),
      { numRuns, seed, endOnFailure: true },
    );
  }
  for (const text of [
    '['.repeat(5000),
    '{a: '.repeat(3000),
    '- '.repeat(3000),
    `${'a: &a\n '.repeat(500)}`,
    '? '.repeat(3000),
    "'".repeat(5000),
    'a: *b\n'.repeat(2000),
    '&a '.repeat(2000),
  ]) {
    soon(t, `${text.slice(0, 12)}... of ${text.length}`, () => loadYaml(text, 'f'));
  }
  t.pass();
});

const mustache = fc.oneof(
  fc.constantFrom(
    '{{',
    '}}',
    '{{{',
    '}}}',
    '{{#each pillar}}',
    '{{/each}}',
    '{{#if grains.os}}',
    '{{else}}',
    '{{/if}}',
    '{{#with x}}',
    '{{/with}}',
    '{{> a}}',
    '{{!-- x --}}',
    '{{grains.os}}',
    '{{../x}}',
    '{{this}}',
    '{{@index}}',
    '{{lookup grains "os"}}',
    '{{default x 1}}',
    '{{salt "test.echo" "x"}}',
    '{{#*inline "a"}}',
    '{{/inline}}',
    '{% if %}',
    '{{ x | y }}',
    '{{{{raw}}}}',
    '{{{{/raw}}}}',
    '\\{{',
    '~',
    '(',
    ')',
    '"',
    'as |a b|',
    '=1',
    '[',
    ']',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 8 }),
);
const template = fc.array(mustache, { maxLength: 30 }).map((pieces) => pieces.join(''));

test('fuzz: templates of any kind, are rendered or refused with a place, and both are quick', (t) => {
  const data = { grains: { os: 'Debian' }, pillar: { a: [1, 2], b: { c: 'd' } }, id: 'web1' };
  for (const seed of seeds) {
    fc.assert(
      fc.property(template, (text) => {
        soon(t, `seed ${seed}, ${JSON.stringify(text)}`, () => {
          const { text: rendered } = compileTemplate(text, 'x.sls').render(data, { call: () => 'called' });
          loadYaml(rendered, 'x.sls');
        });
      }),
      { numRuns, seed, endOnFailure: true },
    );
  }
  t.pass();
});

test('fuzz: bytes of any kind, are decoded or refused, and what is decoded can travel again', (t) => {
  for (const seed of seeds) {
    const random = seeded(seed);
    let decoded = 0;
    for (let round = 0; round < numRuns * 4; round++) {
      const made = random.oneIn(5) ? random.pick(corpus) : value(random, random.oneIn(3));
      const bytes = random.oneIn(2) ? made : mutated(random, made, corpus);
      soon(t, `seed ${seed}, round ${round}, ${bytes.toString('hex').slice(0, 200)}`, () => {
        const complaint = gate(bytes, messageLimits);
        const map = decodeMap(bytes);
        if (complaint !== undefined && map !== undefined) t.fail('the gate was passed by');
        const json = decodeJson(bytes, upLimits);
        if (json === undefined) return;
        decoded++;
        if (decodeJson(encodeJson(json)) === undefined) t.fail('it does not come back');
      });
    }
    t.true(decoded > numRuns / 10, `${decoded} were decoded`);
  }
});

test('fuzz: handshakes with anything in the place of a message, end without a session, and only then', (t) => {
  const [master, minion] = [generateIdentity(), generateIdentity()];
  for (const seed of seeds) {
    const random = seeded(seed);
    for (let round = 0; round < Math.min(numRuns / 10, 2000); round++) {
      const { one, other } = handshake(minion, master);
      const claim = { id: parseMinionId('m1'), incarnation: 'i', generation: 1, outbox: 'o' };
      soon(t, `seed ${seed}, round ${round}`, () => {
        const hello = mutated(random, one.hello, corpus);
        const begun = MasterHandshake.begin(hello, master, 0);
        if (begun && !hello.equals(one.hello) && 'proof' in one.answer(begun.challenge, claim))
          t.fail('a changed hello had its answer');
        const challenge = mutated(random, other.challenge, corpus);
        if (!challenge.equals(other.challenge) && 'proof' in one.answer(challenge, claim))
          t.fail('a changed challenge was answered');
        const answer = one.answer(other.challenge, claim);
        const proof = 'proof' in answer ? answer.proof : Buffer.alloc(0);
        const changed = mutated(random, proof, corpus);
        if (!changed.equals(proof) && 'channel' in other.judge(changed)) t.fail('a changed proof was believed');
      });
    }
  }
  t.pass();
});
