import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { watchWrittenFiles } from '../../minion/written-files.ts';
import { fakeClock } from '../kit/clock.ts';

test('files that states write: another text, the whole config is read anew; a broken one changes nothing', (t) => {
  const configDir = mkdtempSync(path.join(os.tmpdir(), 'tsalt-written-'));
  t.teardown(() => rmSync(configDir, { recursive: true }));
  const clock = fakeClock();
  const seen: JsonMap[] = [];
  const told: string[] = [];
  const written = watchWrittenFiles({
    configDir,
    clock,
    log: (_, message) => told.push(message),
    changed: ({ schedule, beacons }) => seen.push({ schedule, beacons }),
  });
  writeFileSync(path.join(configDir, 'minion'), 'id: m1\nschedule: {a: {function: test.ping, hours: 1}}\n');
  mkdirSync(path.join(configDir, 'minion.d'));
  const file = (name: string): string => path.join(configDir, 'minion.d', name);
  clock.advance(5000);
  t.deepEqual(seen, [], 'nothing is there');
  writeFileSync(file('_schedule.conf'), 'schedule: {b: {function: test.ping, hours: 2}}\n');
  clock.advance(5000);
  clock.advance(5000);
  const [a, b] = [1, 2].map((hours) => ({ function: 'test.ping', hours }));
  const schedule = { a, b } as JsonMap;
  t.deepEqual(seen, [{ schedule, beacons: {} }]);
  writeFileSync(file('beacons.conf'), 'beacons: {status: []}\n');
  clock.advance(5000);
  t.deepEqual(seen[1], { schedule, beacons: { status: [] } });
  writeFileSync(file('beacons.conf'), 'beacons: [\n');
  clock.advance(5000);
  t.is(seen.length, 2);
  t.deepEqual(told, ["the config's schedule and beacons can't be read anew"]);
  written.stop();
  t.is(clock.waiting, 0);
});
