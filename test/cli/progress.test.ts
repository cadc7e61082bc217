import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execProgress } from '../../cli/exec-progress.ts';
import { liveLine } from '../../cli/live-line.ts';
import { main } from '../../cli/main.ts';
import { runProgress } from '../../cli/progress.ts';
import { asText, isMap } from '../../lib/json.ts';
import { fakeClock } from '../kit/clock.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { plainEnvironment, tsaltCommand } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';
import { captured } from '../states-engine/kit.ts';

const gone = '\r\u001b[K';

function terminal(columns = 80) {
  return { ...captured('/'), errIsTerminal: true, columns };
}

/** What is on the screen's last line. */
const lineOf = (text: string) => text.split(gone).at(-1);

test('live line: drawn anew as time goes by, seldom enough for a terminal, and taken away at the end', (t) => {
  const clock = fakeClock();
  const io = terminal();
  const live = liveLine(io, clock);
  let count = 0;
  live.show(() => `drawn ${++count}`);
  t.is(io.printed.err, `${gone}drawn 1`);
  for (let shown = 0; shown < 100; shown++) live.show(() => `drawn ${++count}`);
  t.is(count, 1);
  clock.advance(1000);
  t.is(count, 6);
  live.clear();
  t.is(lineOf(io.printed.err), '');
  clock.advance(200);
  t.is(lineOf(io.printed.err), 'drawn 7');
  live.end();
  t.is(lineOf(io.printed.err), '');
  clock.advance(1000);
  t.is(count, 7);
});

test('live line: never wider than the terminal, and nothing in it that a terminal would obey', (t) => {
  const io = terminal(20);
  liveLine(io, fakeClock()).show(() => 'x\n\u001b[2J\u0007 long long long long');
  t.is(lineOf(io.printed.err), String.raw`x \x1b[2J\x07 lo...`);
  const wide = terminal(21);
  liveLine(wide, fakeClock()).show(() => '字'.repeat(40));
  t.is(lineOf(wide.printed.err), '字'.repeat(10), 'what may take two columns counts as two');
  for (const none of [captured('/'), { ...terminal(), env: { TERM: 'dumb' } }]) {
    liveLine(none, fakeClock()).show(() => 'x');
    t.is(none.printed.err, '');
  }
});

const entry = {
  name: '/f',
  comment: '',
  __run_num__: 0,
  __id__: 'f',
  __sls__: 'x',
  start_time: '09:46:34.120499',
  duration: 8.25,
};
const place = { fun: 'file.managed', name: '/f', number: 0, total: 12 };

test('progress of a run: which state of how many, for how long, and how many failed', (t) => {
  const clock = fakeClock();
  const io = terminal();
  const progress = runProgress(io, clock, false);
  progress.began(place);
  clock.advance(2400);
  t.is(lineOf(io.printed.err), '[1/12] file.managed /f 2.4 s');
  progress.ended({ ...entry, result: false, changes: {} }, place);
  progress.began({ ...place, number: 1, name: '/g' });
  clock.advance(90_000);
  t.is(lineOf(io.printed.err), '[2/12, 1 failed] file.managed /g 1 min 30 s');
  progress.err('a warning\n');
  t.true(io.printed.err.endsWith(`${gone}a warning\n`));
  progress.end();
});

test('progress of a run, line by line: one for each state that ended', (t) => {
  const io = captured('/');
  const progress = runProgress(io, fakeClock(), true);
  progress.began(place);
  progress.ended({ ...entry, result: true, changes: {} }, place);
  progress.ended({ ...entry, result: true, changes: { a: 1 } }, place);
  progress.ended({ ...entry, result: null, changes: { a: 1 } }, place);
  progress.ended({ ...entry, result: false, changes: {} }, { ...place, number: 11 });
  progress.end();
  t.is(
    io.printed.err,
    `[1/12] file.managed /f: right, 8.25 ms
[1/12] file.managed /f: changed, 8.25 ms
[1/12] file.managed /f: would change, 8.25 ms
[12/12] file.managed /f: failed, 8.25 ms
`,
  );
});

test('progress of a job: one minion with its state, several with their numbers, until they end', (t) => {
  const clock = fakeClock();
  const one = terminal();
  const alone = execProgress(one, clock, false);
  alone.begun(1);
  alone.heard('web1', { ...place });
  t.is(lineOf(one.printed.err), 'web1 [1/12] file.managed /f 0.0 s');
  alone.ended('web1');
  clock.advance(1000);
  t.is(lineOf(one.printed.err), '');

  const many = terminal();
  const progress = execProgress(many, clock, false);
  progress.begun(3);
  progress.ended('web3');
  progress.heard('web1', { ...place });
  progress.heard('web2', { ...place, number: 4 });
  clock.advance(1000);
  t.is(lineOf(many.printed.err), '[1/3 minions] 1.0 s web1 1/12, web2 5/12');
  progress.end();
});

const resultsOf = async (cluster: Cluster) =>
  (await cluster.events()).filter(({ tag }) => /^salt\/job\/\d+\/prog\/web1\//.test(tag));

async function callIn(t: ExecutionContext, io: ReturnType<typeof captured>, ...words: string[]) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, 'minion', `cachedir: ${path.join(directory, 'cache')}\n`);
  write(directory, 'states/two.sls', 'fine:\n  test.nop: []\nbad:\n  test.fail_without_changes: []\n');
  write(directory, 'pillar/none.sls', '');
  const roots = ['--file-root', path.join(directory, 'states'), '--pillar-root', path.join(directory, 'pillar')];
  await main(['call', '--config-dir', directory, ...roots, ...words, 'state.apply', 'two'], io);
  return io.printed;
}

test('call: on a terminal, a line about the run that is gone when the result is printed', async (t) => {
  const { err, out } = await callIn(t, terminal(), '--out', 'json');
  t.regex(err, /\[1\/2\] test\.nop fine 0\.0 s/);
  t.is(lineOf(err), '');
  t.is(Object.keys((JSON.parse(out) as { local: object }).local).length, 2);
  t.is((await callIn(t, terminal(), '--log-level', 'quiet')).err, '');
});

test('call: into a pipe, nothing about the run unless --progress asks for it', async (t) => {
  t.is((await callIn(t, captured('/'))).err, '');
  t.regex(
    (await callIn(t, captured('/'), '--progress')).err,
    /^\[1\/2\] test\.nop fine: right, [\d.]+ ms\n\[2\/2\] test\.fail_without_changes bad: failed, [\d.]+ ms\n$/,
  );
});

test('exec: a run that takes its time, where it is line by line; with state_events, an event for each state', async (t) => {
  const cluster = await startCluster(t);
  const go = path.join(cluster.directory, 'go');
  const command = `until [ -e ${go} ]; do sleep 0.05; done`;
  write(cluster.states, 'long.sls', `first:\n  test.nop: []\nlong:\n  cmd.run:\n    - name: '${command}'\n`);
  await cluster.joinMinion('web1');
  const words = ['--config-dir', cluster.master.configDir, 'web1', 'state.apply', 'long'];
  const [file = '', ...args] = tsaltCommand('exec', ...words, '--progress', 'state_events=True');
  const child = spawn(file, args, { env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (text) => (printed.out += String(text)));
  child.stderr.on('data', (text) => (printed.err += String(text)));
  const closed = new Promise((resolve) => child.once('close', resolve));
  await eventually(() => printed.err.includes('web1: [2/2] cmd.run until [ -e '));
  // The event of the first state is there while the second runs.
  const [first] = await eventually(async () => {
    const seen = await resultsOf(cluster);
    return seen.length > 0 && seen;
  });
  const { jid, id, data } = first?.data ?? {};
  t.is(first?.tag, `salt/job/${asText(jid)}/prog/web1/0`);
  t.is(id, 'web1');
  t.true(isMap(data) && data['len'] === 2 && isMap(data['ret']));
  t.like(data, { ret: { name: 'first', result: true, __id__: 'first', __run_num__: 0 } });
  write(cluster.directory, 'go', '');
  t.is(await closed, 0, printed.err);
  t.regex(printed.out, /^web1:\n----------\n {10}ID: first\n/);
  const returns = await cluster.tsalt('run', 'jobs.lookup_jid', asText(jid), '--state-output', 'terse_id');
  t.regex(returns.stdout, /^web1:\n  Name: first - Function: test\.nop - .*\n  Name: long - Function: cmd\.run - /);
  t.deepEqual(
    (await resultsOf(cluster)).map(({ tag }) => tag.split('/').at(-1)),
    ['0', '1'],
  );
});

test("state_events: the master's option, for jobs and for a call on the machine; an argument that says no, none", async (t) => {
  const cluster = await startCluster(t, { state_events: true });
  write(cluster.states, 'two.sls', 'one:\n  test.nop: []\nother:\n  test.nop: []\n');
  const minion = await cluster.joinMinion('web1');
  const events = async () => (await resultsOf(cluster)).length;
  t.is((await cluster.exec('web1', 'state.apply', ['two']))[0]?.state, 'returned');
  t.is(await events(), 2);
  t.is((await cluster.tsalt('exec', 'web1', 'state.apply', 'two', 'state_events=False')).code, 0);
  t.is(await events(), 2);
  const called = await cluster.tsalt('call', '--config-dir', minion.configDir, 'state.apply', 'two');
  t.is(called.code, 0, called.stderr);
  await eventually(async () => (await events()) === 4);
});
