import type { Random } from './random.ts';

/* MessagePack that keeps the rules or nearly does, and bytes that were changed on the way. */

const uint = (head: number, size: number, value: number): Buffer => {
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = head;
  bytes.writeUIntBE(value, 1, size);
  return bytes;
};

export const nil: Buffer = Buffer.from([0xc0]);

export function number(value: number): Buffer {
  if (Number.isInteger(value) && value >= 0 && value < 128) return Buffer.from([value]);
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return uint(0xce, 4, value);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xcb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([bytes.length < 32 ? Buffer.from([0xa0 | bytes.length]) : uint(0xdb, 4, bytes.length), bytes]);
}

export const binary = (bytes: Buffer): Buffer => Buffer.concat([uint(0xc6, 4, bytes.length), bytes]);
export const list = (...items: readonly Buffer[]): Buffer => Buffer.concat([uint(0xdd, 4, items.length), ...items]);
export const map = (entries: readonly (readonly [string | Buffer, Buffer])[]): Buffer =>
  Buffer.concat([uint(0xdf, 4, entries.length), ...entries.flatMap(([key, value]) => [text(key), value])]);

/** What is asked for again and again, and what should not be there. */
const names = [
  'id',
  'seen',
  'items',
  'from',
  'q',
  'body',
  'tag',
  'data',
  'jid',
  'ret',
  'text',
  'part',
  'total',
  'grains',
];
const odd = ['', '\0', '../x', '{{x}}', '*', 'a'.repeat(300), 'toString', '\u2028', '\ufffd'];
const births = ['__proto__', 'constructor', 'prototype'];
const numbers = [0, 1, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 1e300];
const noNumbers = [2 ** 53, -(2 ** 53), Number.NaN, Infinity];

/** A value of any kind; a wild one may be none, somewhere in it. */
export function value(random: Random, wild: boolean, depth = 0): Buffer {
  if (wild && random.oneIn(8)) return noValue(random);
  if (depth > 12 || random.oneIn(3)) return number(random.pick(numbers));
  const inside = (): Buffer => value(random, wild, depth + 1);
  switch (random.below(5)) {
    case 0:
      return random.pick([nil, Buffer.from([0xc2]), Buffer.from([0xc3])]);
    case 1:
      return text(random.pick([...names, ...odd]));
    case 2:
      return number(random.below(1000));
    case 3:
      return list(...Array.from({ length: random.below(5) }, inside));
    default: {
      const keys = new Set(Array.from({ length: random.below(5) }, () => random.pick([...names, ...odd])));
      return map([...keys].map((key) => [key, inside()]));
    }
  }
}

/** What the gate has to refuse. */
function noValue(random: Random): Buffer {
  switch (random.below(5)) {
    case 0:
      return number(random.pick(noNumbers));
    case 1:
      return map([[random.pick(births), nil]]);
    case 2:
      return text(Buffer.concat([Buffer.from([0xff]), random.bytes(random.below(20))]));
    case 3:
      return binary(random.bytes(random.below(40)));
    default:
      return Buffer.from([random.pick([0xc1, 0xd4, 0xd6, 0xc7, 0xd9, 0xdc, 0xdf, 0xcf])]);
  }
}

/** The bytes with something of them another: bits, pieces taken out, put in or said twice, lengths that lie, an early end. */
export function mutated(random: Random, bytes: Buffer, corpus: readonly Buffer[]): Buffer {
  let changed = Buffer.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(changed.length + 1);
    const [before, behind] = [changed.subarray(0, at), changed.subarray(at)];
    switch (random.below(6)) {
      case 0:
        if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        changed = Buffer.from(before);
        break;
      case 2:
        changed = Buffer.concat([before, random.bytes(1 + random.below(8)), behind]);
        break;
      case 3:
        changed = Buffer.concat([before, behind.subarray(random.below(8))]);
        break;
      case 4:
        changed = Buffer.concat([before, random.pick(corpus), behind]);
        break;
      default:
        if (at < changed.length) changed[at] = random.pick([0, 0x7f, 0x80, 0xc1, 0xdd, 0xdf, 0xff]);
    }
    if (changed.length > 1 << 16) return changed.subarray(0, 1 << 16);
  }
  return changed;
}
