import test from 'ava';
import { TimeIsUp, within } from '../../lib/time-limit.ts';

test('time limit: work that is done in time gives its value, or what it raises; other work is cut off', (t) => {
  t.is(
    within(1_000, () => 1),
    1,
  );
  t.throws(
    () =>
      within(1_000, () => {
        throw new RangeError('own');
      }),
    { instanceOf: RangeError, message: 'own' },
  );
  t.throws(() => within(20, () => /^(a+)+$/.test(`${'a'.repeat(100)}!`)), { instanceOf: TimeIsUp });
  t.is(
    within(1_000, () => 2),
    2,
  );
});
