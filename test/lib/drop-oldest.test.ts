import test from 'ava';
import { dropOldest } from '../../lib/drop-oldest.ts';

test('a map that has too much: what was put first goes, and how much is told', (t) => {
  const map = new Map([3, 1, 2, 5].map((n) => [n, 'x']));
  t.is(dropOldest(map, 2), 2);
  t.deepEqual([...map.keys()], [2, 5]);
  t.is(dropOldest(map, 2), 0);
  t.is(dropOldest(map, 0), 2);
  t.is(map.size, 0);
});
