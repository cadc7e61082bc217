import test from 'ava';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import type { Json, JsonMap } from '../../lib/json.ts';
import { decodeJson, decodeMap, encode, encodeJson } from '../../wire/codec.ts';
import { bodyLimits, gate, messageLimits } from '../../wire/gate.ts';

const names = fc
  .string({ unit: 'binary', maxLength: 12 })
  .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name));

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    // As in JSON, -0 becomes 0.
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => number + 0),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(tie('json'), { maxLength: 6 }),
    fc.dictionary(names, tie('json'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));
const body = fc.dictionary(names, json, { noNullPrototype: true }) as fc.Arbitrary<JsonMap>;

test('codec: what is encoded comes out the same', (t) => {
  fc.assert(
    fc.property(body, (value) => {
      t.deepEqual(decodeJson(encodeJson(value)), value);
    }),
    { numRuns: 1000 },
  );
});

test('codec: a map of more keys than a short length can tell comes out whole, and smaller ones keep their bytes', (t) => {
  const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`key ${i}`, i]));
  t.deepEqual(decodeJson(encodeJson({ many })), { many });
  t.is(encode({ a: 1 }).toString('hex'), 'de0001a16101');
  t.is(encode({ a: 1, b: undefined }).toString('hex'), 'de0001a16101', 'and so do those mended first');
});

test('codec: a map of more keys than may travel is refused in the words of the gate', (t) => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i]));
  t.throws(() => encodeJson({ many }), { code: 'TS_WIRE_UNFIT', message: /more than 200000 values/ });
});

test('codec: a binary comes out the same, and is no window onto the message', (t) => {
  const bytes = encode({ deep: [{ bin: Buffer.from('secret') }] });
  const map = decodeMap(bytes);
  bytes.fill(0);
  t.deepEqual(map, { deep: [{ bin: Buffer.from('secret') }] });
});

test('codec: what the other side would refuse is refused on this side, with the reason', (t) => {
  const nested = (depth: number): Json => (depth === 0 ? 1 : [nested(depth - 1)]);
  const bad: [unknown, RegExp][] = [
    [{ a: [1, Number.NaN] }, /it\.a\[1\] is NaN/],
    [{ a: Number.POSITIVE_INFINITY }, /it\.a is Infinity/],
    [JSON.parse('{"a": {"__proto__": 1}}'), /it\.a has the key '__proto__'/],
    [{ constructor: 1 }, /'constructor'/],
    [{ a: nested(16) }, /nested deeper than 16/],
    [{ a: new Date(0) }, /it\.a is a Date/],
    [{ a: () => 1 }, /it\.a is a function/],
    [{ a: Buffer.from('x') }, /a binary/],
    [{ a: 2n ** 60n }, /it\.a is a bigint/],
    [{ a: 'x'.repeat(bodyLimits.bytes) }, /bytes/],
  ];
  for (const [value, reason] of bad) {
    t.throws(() => encodeJson(value as JsonMap), { code: 'TS_WIRE_UNFIT', message: reason });
  }
  t.notThrows(() => encodeJson({ a: nested(15) }));
  const endless: Record<string, unknown> = {};
  endless['self'] = endless;
  t.throws(() => encodeJson(endless as JsonMap), { code: 'TS_WIRE_UNFIT', message: /nested too deep/ });
});

test('codec: half a character and an entry that is undefined are mended, not refused', (t) => {
  const torn = { text: 'cut \ud83d', ['key\udc00']: 1, nothing: undefined } as unknown as JsonMap;
  t.deepEqual(decodeJson(encodeJson(torn)), { text: 'cut \ufffd', ['key\ufffd']: 1 });
});

test('gate: hostile bytes are refused before anything is built of them', (t) => {
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const refused: [Buffer, RegExp][] = [
    [hex(''), /too early/],
    [hex('81 a1 61'), /too early/],
    [hex('80 80'), /1 bytes too many/],
    [hex('dd ffffffff'), /beyond the end/],
    [hex('df ffffffff'), /beyond the end/],
    [hex('c6 ffffffff 00'), /more than/],
    [hex('db 00ffffff 00'), /too early|more than/],
    [hex('82 a1 61 01 a1 61 02'), /key "a"/],
    [hex('81 01 02'), /no string/],
    [hex('81 a1 61 d6 ff 00000000'), /type 0xd6/],
    [hex('81 a1 61 c1'), /type 0xc1/],
    [hex('81 a1 61 cf 0020000000000000'), /2\^53/],
    [hex('81 a1 61 d3 8000000000000000'), /2\^53/],
    [hex('81 a1 61 cb 7ff8000000000000'), /not finite/],
    [hex('81 a1 61 ca 7f800000'), /not finite/],
    [hex('81 a1 61 a1 ff'), /UTF-8/],
    [hex('81 a2 c0af 01'), /UTF-8/],
    [hex('81 a1 61 a3 eda080'), /UTF-8/],
    [Buffer.alloc(100_000, 0x91), /nested deeper/],
    [Buffer.concat([hex('dc ffff'), Buffer.alloc(65_535, 0xc0)]), /more than 10000 values/],
  ];
  for (const [bytes, reason] of refused) t.regex(gate(bytes) ?? '', reason, bytes.subarray(0, 12).toString('hex'));
  t.is(gate(hex('81 a3 efbfbd a3 efbfbd')), undefined, 'the replacement character itself is text like any other');
  t.is(
    gate(Buffer.alloc(messageLimits.bytes + 1)),
    `${messageLimits.bytes + 1} bytes, of at most ${messageLimits.bytes}`,
  );
});

test('gate: 100,000 mutated messages crash nothing, and whatever passes can be decoded and encoded again', (t) => {
  const packr = new Packr({ useRecords: false, moreTypes: true });
  const samples = fc
    .sample(body, { numRuns: 200, seed: 7 })
    .map((value) => packr.pack({ ...value, when: new Date(0) }));
  samples.push(...fc.sample(body, { numRuns: 200, seed: 8 }).map((value) => Buffer.from(encodeJson(value))));
  let random = 12_345;
  const next = (below: number) => (random = (random * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  let passed = 0;
  for (let round = 0; round < 100_000; round++) {
    const bytes = Buffer.from(samples[next(samples.length)] ?? []);
    for (let hits = next(4); hits >= 0 && bytes.length > 0; hits--) bytes[next(bytes.length)] = next(256);
    const cut = next(5) === 0 ? bytes.subarray(0, next(bytes.length + 1)) : bytes;
    const value = decodeJson(cut);
    if (!value) continue;
    passed++;
    if (decodeJson(encodeJson(value)) === undefined) t.fail(`round ${round}: ${cut.toString('hex')}`);
  }
  t.true(passed > 1000, `${passed} passed`);
  t.deepEqual(decodeJson(encodeJson({ still: 'right' })), { still: 'right' });
});
