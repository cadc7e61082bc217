import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kinds } from '../../wire/envelope.ts';
import { binary, list, map, mutated, nil, number, text, value } from './bytes.ts';
import type { Random } from './random.ts';

/* What a minion could say in its session, as it should be, and in every way that it should not. */

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** Bodies that went wrong somewhere once, or look as if they could. */
export const corpus: readonly Buffer[] = (
  JSON.parse(readFileSync(path.join(root, 'test/fixtures/fuzz/bodies.json'), 'utf8')) as { hex: string }[]
).map(({ hex }) => Buffer.from(hex, 'hex'));

/** Texts of returns: JSON, deep, long, broken. */
const returns = [
  '{"a": 1}',
  'null',
  '',
  '{"__proto__": {"polluted": 1}}',
  '['.repeat(20_000),
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
  JSON.stringify('x'.repeat(100_000)),
  JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i)),
  '"\\ud800"',
  '1e999',
];
const jids = ['20260101000000000000', '../x', '', '2026010100000000000x', '__proto__'];
const tags = ['a/b', 'salt/auth', 'salt/beacon/x/load', 'tsalt/x', '*', 'x'.repeat(255), 'x'.repeat(256), ''];
const questions = ['greet', 'files.page', 'files.chunk', 'pillar', 'constructor', '__proto__', 'exec', ''];

/** Numbers an item may have: the next one, so that it gets further, or any. */
export interface Numbers {
  next(): number;
}

/** The body of an item of each kind. */
function itemBody(random: Random, kind: number, wild: boolean): Buffer {
  if (random.oneIn(8)) return value(random, wild);
  const jid = text(random.pick(jids));
  if (kind === 0)
    return map([
      ['tag', text(random.pick(tags))],
      ['data', value(random, wild)],
      ['jid', jid],
    ]);
  if (kind === 1) return map([['jid', jid]]);
  if (kind === 2)
    return map([
      ['jid', jid],
      ['total', number(random.below(10))],
      [random.pick(['ret', 'number']), value(random, wild)],
    ]);
  return map([
    ['jid', jid],
    ['text', text(random.pick(returns))],
    ['success', random.pick([nil, Buffer.from([0xc3])])],
    ['part', number(random.oneIn(5) ? random.below(4) : 1)],
    ['parts', number(random.oneIn(5) ? random.below(4) : 1)],
  ]);
}

function item(random: Random, numbers: Numbers, wild: boolean): Buffer {
  if (wild && random.oneIn(6)) return value(random, wild);
  const kind = wild && random.oneIn(10) ? random.below(300) : random.below(4);
  const n = wild ? random.below(1000) : numbers.next();
  const body = itemBody(random, kind, wild);
  return list(number(n), number(kind), wild && random.oneIn(10) ? value(random, wild) : binary(body));
}

/** A body that a message of this kind could have. */
function shaped(random: Random, kind: number, numbers: Numbers, wild: boolean): Buffer {
  switch (kind) {
    case kinds.items:
      return map([
        ['seen', number(random.below(3))],
        ['items', list(...Array.from({ length: random.below(4) }, () => item(random, numbers, wild)))],
      ]);
    case kinds.question: {
      const fields = ['env', 'sha256', 'grains', 'override', 'saltenv', 'offset', 'after', 'known'] as const;
      const body = map(fields.filter(() => random.oneIn(3)).map((name) => [name, value(random, wild)] as const));
      return map([
        ['id', number(random.below(100))],
        ['q', text(random.pick(random.oneIn(3) ? questions : ['greet', 'files.page', 'files.chunk']))],
        ['body', binary(body)],
      ]);
    }
    case kinds.fetch:
      return map([['from', number(random.below(5))]]);
    default:
      return map([['seen', number(random.below(3))]]);
  }
}

/** A million values, nearly: what the gate lets in at most, in one piece. */
function fat(random: Random): Buffer {
  const entries = Array.from({ length: 24_000 }, (_, i) => [`${i.toString(36)}`, number(i % 100)] as const);
  const body = random.oneIn(2)
    ? map([
        ['data', map(entries)],
        ['tag', text('fat')],
      ])
    : map(entries);
  return map([['items', list(list(number(1), number(0), binary(body)))]]);
}

/** A kind and a body for one frame. */
export function said(random: Random, numbers: Numbers): { readonly kind: number; readonly body: Buffer } {
  const usual = [kinds.items, kinds.items, kinds.items, kinds.question, kinds.fetch, kinds.beat];
  // A goodbye would only end it.
  const kind = random.oneIn(15) ? random.below(256) : random.pick(usual);
  if (random.oneIn(5000)) return { kind: kinds.items, body: fat(random) };
  if (random.oneIn(20)) return { kind, body: random.pick(corpus) };
  const wild = random.oneIn(3);
  const body = shaped(random, kind, numbers, wild);
  const isChanged = wild && random.oneIn(2);
  return { kind: kind === kinds.bye ? kinds.beat : kind, body: isChanged ? mutated(random, body, corpus) : body };
}
