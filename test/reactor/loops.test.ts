import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

test('a reactor whose runner fires its own event again, is cut after as many as may follow, and says so', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, 'loop.sls', 'again:\n  runner.event.send:\n    - args:\n      - tag: my/loop\n      - data: {}\n');
  const cluster = await startCluster(t, {
    reactor: [{ 'my/loop': [path.join(directory, 'loop.sls')] }],
    reactor_max_depth: 4,
  });
  await cluster.control.call('event.send', { tag: 'my/loop' });
  const [loop] = await eventually(async () => {
    const told = await cluster.events('tsalt/reactor/loop');
    return told.length > 0 && told;
  });
  t.like(loop?.data, { tag: 'my/loop', depth: 4 });
  t.is((await cluster.events('my/loop')).length, 5);
});
