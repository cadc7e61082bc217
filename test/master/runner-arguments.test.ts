import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startCluster } from '../kit/cluster.ts';

test('runners: a value that a function cannot take is an error, and not the default: a slip in test=True runs nothing', async (t) => {
  const cluster = await startCluster(t);
  writeFileSync(path.join(cluster.states, 'touch.sls'), 'x: test.nop\n');
  const wrong: Readonly<Record<string, readonly string[]>> = {
    "'test' is true or false, not 'tru'": ['state.orchestrate', 'touch', 'test=tru'],
    "'test' is true or false, not '1'": ['state.orchestrate', 'touch', 'test=1'],
    "'limit' is a whole number above 0, not 'x'": ['jobs.list', 'limit=x'],
    "'limit' is a whole number above 0, not '-1'": ['audit.list', 'limit=-1'],
    "'limit' is a whole number above 0, not '0'": ['state.orchestrations', '0'],
    "'missing' is true or false, not 'maybe'": ['jobs.lookup_jid', '20260131120000000000', 'missing=maybe'],
    "'timeout' is a number of seconds above 0, not 'soon'": ['salt.execute', '*', 'test.ping', 'timeout=soon'],
  };
  for (const [message, words] of Object.entries(wrong)) {
    const { code, stdout, stderr } = await cluster.tsalt('run', ...words);
    t.is(code, 2, words.join(' '));
    t.is(stdout, '');
    t.true(stderr.includes(message), stderr);
  }
  t.deepEqual(await cluster.run('state.orchestrations'), []);
});
