import test from 'ava';
import type { Keys } from '../../master/keys.ts';
import type { MinionFacts } from '../../master/facts.ts';
import { targeting } from '../../master/targeting.ts';

const accepted = (...ids: string[]): Keys =>
  ({ list: () => ids.map((id) => ({ id, state: 'accepted' })) }) as unknown as Keys;

test('targeting: an id that a list names twice is one minion, there or not', (t) => {
  const made = targeting({ keys: accepted('a', 'b'), facts: {} as MinionFacts, nodegroups: {} });
  const { minions, missing } = made.resolve('b,a, b,x,a,x', 'list');
  t.deepEqual([minions, missing], [['b', 'a'], ['x']]);
  t.deepEqual(made.resolve(['a', 'a'], 'list').minions, ['a']);
});
