import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { systemContext } from '../../minion/lookout/system.ts';
import { startBeacon, told } from './beacon-kit.ts';

/* Beacons on the machine that the tests run on. */

test('log: of a link, the file that it leads to is read', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [file, link] = [path.join(folder, 'today.log'), path.join(folder, 'current.log')];
  writeFileSync(file, 'old\n');
  symlinkSync('today.log', link);
  const machine = systemContext(systemClock, () => false);
  const log = await startBeacon('log', { file: link, tags: { t: { regex: '.*' } } }, machine);
  t.deepEqual(await told(log), []);
  appendFileSync(file, 'new\n');
  t.deepEqual(await told(log), [['t', { match: 'yes', raw: 'new', error: '' }]]);
});
