import test from 'ava';
import { perTurn } from '../../lib/per-turn.ts';

test('per turn: looked at once for all who ask in one turn, anew in the next, and again after what went wrong', async (t) => {
  let looks = 0;
  let isBroken = true;
  const look = perTurn(() => {
    if (isBroken) throw new Error('not now');
    return ++looks;
  });
  t.throws(look, { message: 'not now' });
  isBroken = false;
  t.is(look(), 1);
  await Promise.resolve();
  t.is(look(), 1);
  await new Promise(setImmediate);
  t.is(look(), 2);
});
