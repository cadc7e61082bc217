import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { mutated, readMutants, root } from '../kit/mutants.ts';

/* Each guard has a test that fails without it: `npm run test:long` shows that, and here the list is kept from rotting. */

const list = path.join(root, 'test/security/guards.json');
const guards = readMutants(list);

test('guards: every one of the list, is there to be taken out', (t) => {
  for (const guard of guards) {
    t.notThrows(() => mutated(root, guard));
    t.not(guard.find, guard.replace, guard.guard);
    t.true(existsSync(path.join(root, guard.test)), guard.test);
  }
  t.is(new Set(guards.map(({ guard }) => guard)).size, guards.length);
});

test('guards: every class of attack and every file of attack tests, has one', (t) => {
  const classes = new Set(guards.map(({ guard }) => guard.split(' ')[0]));
  t.deepEqual(
    [...classes],
    Array.from({ length: 17 }, (_, i) => `C${i + 1}`),
  );
  const files = readdirSync(path.join(root, 'test/security')).filter(
    (name) => name.endsWith('.test.ts') && name !== 'guards.test.ts',
  );
  const guarded = new Set(guards.map(({ test: file }) => path.basename(file)));
  t.deepEqual(
    files.filter((name) => !guarded.has(name)),
    [],
  );
});

test('guards: a list whose text is not in the source any more, is said so', (t) => {
  const [first] = guards;
  t.truthy(first);
  if (first) t.throws(() => mutated(root, { ...first, find: 'what nobody has written' }), { message: /is 0 times in/ });
});
