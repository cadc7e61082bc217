import test from 'ava';
import { recentEvents } from '../../store/recent-events.ts';

test('recent events: the newest are there, within their bytes', (t) => {
  const recent = recentEvents(100);
  for (let n = 1; n <= 5; n++) recent.keep(n, { n }, 30);
  t.deepEqual(
    [1, 2, 3, 4, 5].map((n) => recent.get(n)?.['n']),
    [undefined, undefined, 3, 4, 5],
  );
  recent.keep(6, { n: 6 }, 1000);
  t.is(recent.get(5), undefined);
  t.is(recent.get(6), undefined, 'what is larger than all of it is not kept');
});
