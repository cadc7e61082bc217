import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { mutated, readMutants, root } from '../kit/mutants.ts';

/* Deliberate faults that these tests have to notice: `npm run test:long` shows that, and here the list is kept from rotting. */

const teeth = readMutants(path.join(root, 'test/faults/teeth.json'));
const guards = readMutants(path.join(root, 'test/security/guards.json'));

/** Every kind of fault, and the beginning of what it is called in one of the lists. */
const eight: readonly (readonly [string, readonly string[]])[] = [
  ['ack before fsync', ['ack before fsync: a minion', 'ack before fsync: the log']],
  ['skip seen-set', ['skip the seen-set: ', 'C5 a job is begun once']],
  ['id from payload', ["C3 an event is its session's"]],
  ['ignore counter', ['C5 a counter is used once']],
  ['no CRC', ['no CRC: ']],
  ['tag not prefixed', ["C4 tags of the master are the master's"]],
  ['expiry by wall clock', ['expiry by wall clock: ']],
  ['unlimited queue', ['unlimited queue: ']],
];

test('teeth: every fault of the list can be made', (t) => {
  for (const tooth of teeth) {
    t.notThrows(() => mutated(root, tooth));
    t.true(existsSync(path.join(root, tooth.test)), tooth.test);
  }
});

test('teeth: the eight faults are all there, and the track record says of each which test notices it', (t) => {
  const record = readFileSync(path.join(root, 'docs/design/track-record.md'), 'utf8').split('\n');
  for (const [fault, names] of eight) {
    const said = record.filter((line) => line.startsWith(`| ${fault} |`)).join('\n');
    for (const name of names) {
      const made = [...teeth, ...guards].filter(({ guard }) => guard.startsWith(name));
      t.not(made.length, 0, name);
      for (const { test: file } of made) t.true(said.includes(`\`${file}\``), `${fault}: ${file}`);
    }
  }
  t.is(eight.length, 8);
});
