import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { plainEnvironment, tsaltCommand } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';
import type { Minion } from '../kit/minion.ts';

/** `tsalt call` on the minion's machine: what it has printed so far, and how it ends. */
function call(minion: Pick<Minion, 'configDir'>, ...words: string[]) {
  const [file = '', ...args] = tsaltCommand('call', '--config-dir', minion.configDir, ...words);
  const child = spawn(file, args, { env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (text) => (printed.out += String(text)));
  child.stderr.on('data', (text) => (printed.err += String(text)));
  const code = once(child, 'close').then(([exit]) => exit as number | null);
  return { printed, code, child };
}

/** A state that is under way until its file is gone: with the test's directory at the latest, whoever was killed. */
function holdUp(cluster: Cluster): { readonly begun: () => boolean; readonly release: () => void } {
  const begun = path.join(cluster.directory, 'begun');
  const command = `touch ${begun}; while [ -e ${begun} ]; do sleep 0.05; done`;
  write(cluster.states, 'long.sls', `long:\n  cmd.run:\n    - name: '${command}'\n`);
  write(cluster.states, 'short.sls', 'short:\n  test.nop: []\n');
  return { begun: () => existsSync(begun), release: () => rmSync(begun) };
}

test('call: on a node of a master, runs with its states and pillar', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.pillar, 'top.sls', "base:\n  '*': [word]\n");
  write(cluster.pillar, 'word.sls', 'word: from the master\n');
  write(cluster.states, 'hello.sls', '/hello:\n  file.managed:\n    - contents: {{pillar.word}}\n');
  const minion = await cluster.joinMinion('web1');
  const { printed, code } = call(minion, 'state.apply', 'hello', '--out', 'json');
  t.is(await code, 0, printed.err);
  t.is(readFileSync(path.join(minion.root, 'hello'), 'utf8'), 'from the master\n');
  const missing = call(minion, 'state.apply', 'nothing');
  t.is(await missing.code, 2);
});

test('call: no minion, a pending, a rejected one, or no master: exit 2, with what to do', async (t) => {
  const cluster = await startCluster(t);
  const minion = cluster.startMinion('web1', { config: { timeout: 1 } });
  await eventually(async () => (await minion.status())['link'] !== undefined);
  await eventually(async () => (await cluster.events('salt/auth')).length > 0);
  const why = async (): Promise<string> => {
    const { printed, code } = call(minion, 'state.apply');
    t.is(await code, 2);
    t.is(printed.out, '');
    return printed.err;
  };
  t.regex(await why(), /its key is pending there\nhint: 'tsalt key accept web1'/);
  await cluster.control.call('key.reject', { match: 'web1' });
  await eventually(async () => ((await minion.status())['link'] as { state: string }).state === 'reject');
  t.regex(await why(), /it was rejected/);
  await cluster.master.stop();
  await minion.stop();
  minion.start();
  await eventually(async () => (await minion.status())['link'] !== undefined);
  t.regex(await why(), /the master is unreachable/);
  await minion.stop();
  t.regex(await why(), /no minion runs here .*\nhint: 'tsalt minion' starts one; --local/);
});

test('state runs: a second one waits and says for whom, or is refused; one from the master, too', async (t) => {
  const cluster = await startCluster(t);
  const { begun, release } = holdUp(cluster);
  const minion = await cluster.joinMinion('web1');
  const first = call(minion, 'state.apply', 'long');
  await eventually(begun);
  const words = new RegExp(
    `The function "state\\.apply" is running as PID ${first.child.pid} and was started at 20\\d\\d, `,
  );

  const refused = call(minion, '--file-root', cluster.states, 'state.apply', 'short', 'queue=False', '--out', 'json');
  t.is(await refused.code, 2);
  t.regex((JSON.parse(refused.printed.out) as { local: string[] }).local[0] ?? '', words);
  const control = await cluster.control.call('exec', {
    tgt: 'web1',
    tgt_type: 'glob',
    fun: 'state.apply',
    arg: ['short'],
    kwarg: { queue: false },
    wait: false,
  });
  const { jid } = control as { jid: string };
  await eventually(async () => JSON.stringify(await cluster.run('jobs.lookup_jid', jid)).includes('is running as PID'));

  const second = call(minion, '--file-root', cluster.states, 'state.apply', 'short');
  await eventually(() => words.test(second.printed.err));
  const third = cluster.exec('web1', 'state.apply', ['short']);
  await eventually(() => words.test(minion.log()));
  release();
  t.is(await first.code, 0, first.printed.err);
  t.is(await second.code, 0, second.printed.err);
  t.is((await third)[0]?.state, 'returned');
});

test('state runs: one that is to be concurrent runs beside the first, and those after it wait for both', async (t) => {
  const cluster = await startCluster(t);
  const { begun, release } = holdUp(cluster);
  const minion = await cluster.joinMinion('web1');
  const first = call(minion, 'state.apply', 'long');
  await eventually(begun);
  const beside = call(minion, 'state.apply', 'short', 'concurrent=True');
  t.is(await beside.code, 0, beside.printed.err);
  const ofMaster = await cluster.tsalt('web1', 'state.apply', 'short', 'concurrent=True');
  t.is(ofMaster.code, 0, ofMaster.stderr);
  write(cluster.states, 'longer.sls', readFileSync(path.join(cluster.states, 'long.sls'), 'utf8'));
  const longer = call(minion, 'state.apply', 'longer', 'concurrent=True');
  const running = async () => (await cluster.exec('web1', 'state.running'))[0]?.return as string[];
  await eventually(async () => (await running()).length === 2);
  first.child.kill('SIGKILL');
  await first.code;
  const refused = call(minion, 'state.apply', 'short', 'queue=False', '--out', 'json');
  t.is(await refused.code, 2);
  t.true(refused.printed.out.includes(`is running as PID ${longer.child.pid} and`), refused.printed.out);
  const waits = call(minion, 'state.apply', 'short');
  await eventually(() => waits.printed.err.includes(`is running as PID ${longer.child.pid} and`));
  release();
  t.deepEqual([await longer.code, await waits.code], [0, 0], waits.printed.err);
  t.deepEqual(await running(), []);
});

test('state runs: the first one was killed, the next takes its lock over', async (t) => {
  const cluster = await startCluster(t);
  const { begun, release } = holdUp(cluster);
  const minion = await cluster.joinMinion('web1');
  const first = call(minion, 'state.apply', 'long');
  await eventually(begun);
  first.child.kill('SIGKILL');
  await first.code;
  const next = call(minion, '--file-root', cluster.states, 'state.apply', 'short', 'queue=False');
  t.is(await next.code, 0, next.printed.err);
  release();
});
