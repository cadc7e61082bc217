import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { mutated, readMutants, root } from '../kit/mutants.ts';

/* Deliberate faults that these tests have to notice: `npm run test:long` shows that, and here the list is kept from rotting. */

const teeth = readMutants(path.join(root, 'test/faults/teeth.json'));
const guards = readMutants(path.join(root, 'test/security/guards.json')).map(({ guard }) => guard);

test('teeth: every fault of the list can be made', (t) => {
  for (const tooth of teeth) {
    t.notThrows(() => mutated(root, tooth));
    t.true(existsSync(path.join(root, tooth.test)), tooth.test);
  }
});

test('teeth: the eight faults are all there, some of them among the guards against attacks', (t) => {
  for (const fault of ['ack before fsync', 'no CRC', 'expiry by wall clock', 'unlimited queue']) {
    t.true(
      teeth.some(({ guard }) => guard.startsWith(fault)),
      fault,
    );
  }
  // The seen-set skipped, id from the payload, counter ignored, tag not prefixed.
  for (const guard of [
    "C3 an event is its session's",
    'C5 a counter is used once',
    'C5 a job is begun once',
    "C4 tags of the master are the master's",
  ]) {
    t.true(guards.includes(guard), guard);
  }
});
