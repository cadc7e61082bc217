import test from 'ava';
import fc from 'fast-check';
import { backoff } from '../../lib/backoff.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { catalogue, didYouMean, messageOf, TsaltError } from '../../lib/errors/error.ts';
import { isMinionId, isTag, jidAt, jidMaker, parseJid, parseMinionId, parseTag } from '../../lib/ids.ts';
import { nearest } from '../../lib/nearest.ts';
import { codeFrame, formatPlace, lineOf, placeAt } from '../../lib/place.ts';
import { fakeClock } from '../kit/clock.ts';

test('ids: what a minion may be called, and what not', (t) => {
  for (const id of ['a', 'web1', 'Web-1.example_com', '0', 'a'.repeat(128)]) t.is(parseMinionId(id) as string, id);
  for (const id of ['', '.a', '-a', '_a', 'a..b', '../a', 'a/b', 'a b', 'a\n', 'ä', '*', 'a'.repeat(129)]) {
    t.false(isMinionId(id), id);
    t.throws(() => parseMinionId(id), { code: 'TS_ID_BAD_MINION_ID' });
  }
  t.false(isMinionId(undefined));
});

test('ids: no minion id is a path that leads elsewhere, or holds a character of a glob', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => !isMinionId(text) || (!/[/\\*?[\]{}\s]/.test(text) && !text.includes('..'))),
  );
  t.pass();
});

test('ids: tags are printable and have no blanks; jids are 20 digits', (t) => {
  for (const tag of ['salt/auth', 'a', 'ünïcode/✓']) t.true(isTag(tag), tag);
  for (const tag of ['', 'a b', 'a\n', 'a\u0000', 'x'.repeat(256)])
    t.throws(() => parseTag(tag), { code: 'TS_ID_BAD_TAG' });
  t.is(parseJid('20260131235959123456') as string, '20260131235959123456');
  for (const jid of ['2026', '2026013123595912345x', '']) t.throws(() => parseJid(jid), { code: 'TS_ID_BAD_JID' });
});

test('ids: a jid is the moment it was made, to the microsecond', (t) => {
  t.is(jidAt(BigInt(Date.UTC(2026, 0, 31, 23, 59, 59, 123)) * 1000n + 456n) as string, '20260131235959123456');
});

test('ids: jids count up whatever the clock does, also over the end of a year', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 1 }), (times) => {
      let now = 0;
      const make = jidMaker(() => now);
      const made = times.map((time) => {
        now = time;
        return make();
      });
      return made.every((jid, index) => index === 0 || jid > (made[index - 1] ?? ''));
    }),
  );
  const make = jidMaker(() => 0, parseJid('20261231235959999999'));
  t.is(make() as string, '20270101000000000000');
});

test('nearest: the candidate with the fewest edits, none when nothing is near', (t) => {
  const names = ['test.ping', 'test.echo', 'state.apply'];
  t.is(nearest('test.pign', names), 'test.ping', 'a swap is one edit');
  t.is(nearest('TEST.PING', names), 'test.ping');
  t.is(nearest('state.aply', names), 'state.apply');
  t.is(nearest('banana', names), undefined);
  t.is(nearest('test.ping', names), undefined, 'the word itself is no suggestion');
  t.is(nearest('x', ['y']), 'y');
  t.is(nearest('', []), undefined);
});

test('place: line and column count from 1, the caret is under the column', (t) => {
  const place = placeAt('a.sls', 'one\n\ttwo: x\r\nthree', 'one\n\ttwo: '.length);
  t.deepEqual(place, { file: 'a.sls', line: 2, column: 7, text: '\ttwo: x' });
  t.is(formatPlace(place), 'a.sls:2:7');
  t.is(codeFrame(place), '2 | \ttwo: x\n  | \t     ^');
  t.is(codeFrame({ file: 'a', line: 1, column: 1 }), '');
  t.is(lineOf('a', 9), '');
});

test('place: any offset into any text, a line of the text and a column on it', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'ä') }), fc.nat(), (text, any) => {
      const offset = any % (text.length + 1);
      const { line, column } = placeAt('f', text, offset);
      const before =
        text
          .split('\n')
          .slice(0, line - 1)
          .join('\n').length + (line > 1 ? 1 : 0);
      return before + column - 1 === offset;
    }),
  );
  t.pass();
});

test('backoff: waits double up to the longest, spread by chance, and start small after a success', (t) => {
  const full = backoff(100, 1000, () => 1);
  t.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => full.next()),
    [100, 200, 400, 800, 1000, 1000],
  );
  full.reset();
  t.is(full.next(), 100);
  const least = backoff(100, 1000, () => 0);
  t.deepEqual([least.next(), least.next()], [10, 20], 'never no wait at all');
});

test('errors: the sentence, with place, frame and hint, and a code that stays', (t) => {
  const errors = catalogue('TS_X', { badThing: ({ name }: { name: string }) => `'${name}' is bad` });
  const cause = new Error('why');
  const place = { file: 'f.sls', line: 3, column: 5, text: 'abc: def' };
  const error = errors.badThing({ name: 'abc' }, { place, hint: didYouMean('abd'), cause });
  t.true(error instanceof TsaltError);
  t.is(error.code, 'TS_X_BAD_THING');
  t.is(error.sentence, "'abc' is bad");
  t.is(error.message, "f.sls:3:5: 'abc' is bad\n3 | abc: def\n  |     ^\nhint: did you mean 'abd'?");
  t.is(error.cause, cause);
  t.is(errors.badThing({ name: 'x' }).message, "'x' is bad");
  t.is(didYouMean(undefined), undefined);
});

test('errors: whatever was thrown has a message', (t) => {
  t.is(messageOf(new Error('a')), 'a');
  t.is(messageOf('b'), 'b');
  t.is(messageOf(undefined), 'undefined');
});

test('clock: sleeping takes the time of the clock, and a call that was cancelled does not come', async (t) => {
  const clock = fakeClock();
  let woken = false;
  const slept = sleep(clock, 1000).then(() => (woken = true));
  clock.advance(999);
  await Promise.resolve();
  t.false(woken);
  clock.advance(1);
  await slept;
  t.true(woken);
  clock.after(10, () => t.fail())();
  clock.advance(20);
  t.true(systemClock.monotonic() <= systemClock.monotonic());
  systemClock.after(0, () => t.fail())();
  await sleep(systemClock, 5);
});
