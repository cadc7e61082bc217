import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

/** Changes a byte of the first record of the newest segment in a log's directory. */
function damage(directory: string): void {
  const segment = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .at(-1);
  const file = path.join(directory, segment ?? 'there is none');
  const bytes = readFileSync(file);
  bytes[60] = (bytes[60] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

test("damage in any log of a master or a minion, it is said in that process's log, with the file and where it is kept", async (t) => {
  const cluster = await startCluster(t, { reactor: [{ 'test/x': ['builtin:auth'] }] });
  write(cluster.states, 'top.sls', "base:\n  '*': []\n");
  const minion = await cluster.joinMinion('web1');
  for (let n = 0; n < 3; n++) {
    await cluster.exec('web1', 'cmd.run', ['true']);
    await cluster.control.call('event.send', { tag: 'test/x', data: { n } });
  }
  // A mark of the ledger is written every five seconds, and at its end.
  await cluster.master.stop();
  await minion.stop();
  const cache = path.join(cluster.master.directory, 'cache');
  damage(path.join(cache, 'store/log'));
  damage(path.join(cache, 'reactions'));
  damage(path.join(minion.directory, 'cache/outbox/log'));
  await cluster.restartMaster();
  minion.start();
  await eventually(() => /the outbox was damaged: .*quarantine/.test(minion.log()));
  for (const what of ['the store', 'the ledger of reactions']) {
    t.regex(cluster.master.log(), new RegExp(`${what} was damaged: .*quarantine`));
  }
  t.pass();
});

test("a minion's note of where its outbox is that can't be read, it says so, and everything is sent again", async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1');
  await cluster.exec('web1', 'cmd.run', ['true']);
  await minion.stop();
  writeFileSync(path.join(minion.directory, 'cache/outbox/place.json'), '{"name": ');
  minion.start();
  await eventually(() => /place\.json/.test(minion.log()));
  await cluster.connected('web1');
  t.is((await cluster.exec('web1', 'cmd.run', ['echo again']))[0]?.return, 'again');
});
