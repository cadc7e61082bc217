import test from 'ava';
import { nowAndThen, PROGRESS_MS } from '../../minion/jobs/progress.ts';
import { fakeClock } from '../kit/clock.ts';

const place = (number: number) => ({ fun: 'test.nop', name: 'x', number, total: 100 });

test('progress of a job: told now and then, the last place of each while, and nothing of a run that is over soon', (t) => {
  const clock = fakeClock();
  const told: number[] = [];
  const progress = nowAndThen(clock, ({ number }) => told.push(number));
  for (let number = 0; number < 10; number++) progress.tell(place(number));
  t.deepEqual(told, []);
  clock.advance(PROGRESS_MS);
  t.deepEqual(told, [9]);
  clock.advance(10 * PROGRESS_MS);
  t.deepEqual(told, [9], 'nothing new');
  progress.tell(place(10));
  t.deepEqual(told, [9, 10], 'after a long while, at once');
  progress.tell(place(11));
  progress.end();
  clock.advance(PROGRESS_MS);
  t.deepEqual(told, [9, 10]);
  t.is(clock.waiting, 0);
});
