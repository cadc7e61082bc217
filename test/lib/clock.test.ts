import test from 'ava';
import { steady } from '../../lib/clock.ts';
import { fakeClock } from '../kit/clock.ts';

test('steady: its time goes on as time passes, however the wall clock jumps', (t) => {
  const wall = fakeClock(1_000_000);
  const clock = steady(wall);
  t.is(clock.now(), 1_000_000);
  wall.jump(5);
  t.is(clock.now(), 1_000_000);
  wall.advance(250);
  t.is(clock.now(), 1_000_250);
  t.is(clock.monotonic(), 250);
});
