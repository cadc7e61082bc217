import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

test('reactor.why: of a reactor that did not get an event, that its tag does not match it', async (t) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'tsalt-why-')), 'note.sls');
  writeFileSync(file, '# nothing to do\n');
  const cluster = await startCluster(t, {
    reactor: [{ 'my/*': [file] }, { 'my/own': [file] }, { 'salt/auth': [file] }],
  });
  await cluster.run('event.send', 'my/thing');
  const [event] = await cluster.events('my/thing');
  const numbers = new Set((await cluster.events()).map(({ seq }) => seq));
  const other = [...Array(event?.seq ?? 0).keys()].find((number) => number > 0 && !numbers.has(number)) ?? 0;
  await t.throwsAsync(
    cluster.run('reactor.why', other),
    { message: /there is no event/ },
    'a number of something else',
  );
  const why = await eventually(async () => {
    const all = (await cluster.run('reactor.why', event?.seq ?? 0)) as JsonMap[];
    return all[0]?.['decision'] !== 'none yet' && all;
  });
  t.deepEqual(
    why.map(({ reactor, decision, reason = null }) => [reactor, decision, reason]),
    [
      [`my/* ${file}`, 'skipped', 'the file has no reaction to this event'],
      [`my/own ${file}`, 'not meant', "its tag 'my/own' does not match 'my/thing'"],
      [`salt/auth ${file}`, 'not meant', "its tag 'salt/auth' does not match 'my/thing'"],
    ],
  );
});
