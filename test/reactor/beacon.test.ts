import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { readDocument } from '../../lib/config/document.ts';
import type { JsonMap } from '../../lib/json.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

const example = path.resolve(import.meta.dirname, '../../../examples/beacons');
const tag = 'salt/beacon/*/inotify/*';

test('the example of beacons: a file that is changed by hand is put right, and that is no news', async (t) => {
  const cluster = await startCluster(t, {
    file_roots: { base: [path.join(example, 'states')] },
    reactor: [{ [tag]: [path.join(example, 'reactor/put-right.sls')] }],
  });
  const minion = cluster.startMinion('web1');
  const [etc, motd] = ['etc', 'etc/motd'].map((name) => path.join(minion.root, name)) as [string, string];
  const mark = path.join(etc, 'mark');
  mkdirSync(etc);
  await minion.stop();
  // The beacon watches this machine's files: those of the minion's tree stand in for them.
  const file = path.join(example, 'minion.conf');
  const text = readFileSync(file, 'utf8').replaceAll('/etc/', `${etc}/`);
  const { beacons } = readDocument(file, text).values as { beacons: { inotify: { files?: JsonMap }[] } };
  const files = beacons.inotify[0]?.files ?? {};
  files[mark] = { mask: ['create'] };
  minion.configure({ beacons: beacons as unknown as JsonMap });
  minion.start();
  await eventually(async () => ((await cluster.control.call('key.accept', { match: 'web1' })) as string[]).length > 0);
  await cluster.connected('web1');

  const seen = async (): Promise<JsonMap[]> =>
    (await cluster.events()).filter((event) => event.tag.startsWith('salt/beacon/web1/')).map(({ data }) => data);
  const right = 'web1 is configured by tsalt. What is written here by hand does not last.\n';
  t.like((await cluster.exec('web1', 'state.apply', ['motd']))[0], { state: 'returned' });
  t.is(readFileSync(motd, 'utf8'), right);

  writeFileSync(motd, 'this machine is mine\n');
  await eventually(() => readFileSync(motd, 'utf8') === right);
  const [event] = await seen();
  t.like(event, { id: 'web1', path: motd, change: 'IN_MODIFY' });

  // What comes after all that: whatever there was to tell of the file was told before.
  await eventually(noneRuns);
  writeFileSync(mark, '');
  await eventually(async () => (await seen()).some((one) => one['path'] === mark));
  t.deepEqual(
    (await seen()).map((one) => [one['path'], one['change']]),
    [
      [motd, 'IN_MODIFY'],
      [mark, 'IN_CREATE'],
    ],
    `the state runs themselves are no news:\n${minion.log()}`,
  );

  // The mark has its reaction, too.
  await eventually(
    async () => (await cluster.events()).filter(({ tag: one }) => one.includes('/ret/web1')).length === 3,
  );

  async function noneRuns(): Promise<boolean> {
    return ((await minion.status())['jobs'] as unknown[]).length === 0;
  }
});
