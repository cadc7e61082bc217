import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { retried } from '../../states/engine/retry.ts';
import { fakeClock } from '../kit/clock.ts';
import { run, write } from './kit.ts';

/* What states may say of how and when they run. What Salt is the judge of is in `salt.test.ts`. */

/** Applies one state file, in which `DIR` stands for a fresh directory; gives the results by id. */
async function apply(t: ExecutionContext, sls: string, ...words: string[]) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, { 'states/x.sls': sls.replaceAll('DIR', directory) });
  const { out } = await run(directory, path.join(directory, 'states'), ['state.apply', 'x', ...words]);
  const { local } = JSON.parse(out) as { local: Record<string, StateResult> };
  const results = Object.values(local);
  const of = (id: string): StateResult | undefined => results.find(({ __id__ }) => __id__ === id);
  return { directory, results, of };
}

test('parallel: states run beside each other, who requires one waits for it', async (t) => {
  const meet = (own: string, other: string) =>
    `touch DIR/${own}; for i in $(seq 600); do test -e DIR/${other} && exit 0; sleep 0.05; done; exit 1`;
  const { of, results } = await apply(
    t,
    [
      `a:\n  cmd.run:\n    - name: ${meet('a', 'b')}\n    - parallel: True`,
      `b:\n  cmd.run:\n    - name: ${meet('b', 'a')}\n    - parallel: True`,
      'both:\n  test.nop:\n    - require: [{cmd: a}, {cmd: b}]',
      'after:\n  test.nop: []',
    ].join('\n'),
  );
  t.deepEqual(
    results.map(({ __id__, result }) => [__id__, result]),
    [
      ['a', true],
      ['b', true],
      ['both', true],
      ['after', true],
    ],
  );
  t.true(of('a')?.__parallel__);
});

test('prereq: what watches something that changed would do something, so what is to be done before is done', async (t) => {
  const sls = [
    'change:\n  test.succeed_with_changes: []',
    'before:\n  test.succeed_with_changes:\n    - prereq: [{test: watching}]',
    'watching:\n  test.nop:\n    - watch: [{test: change}]',
  ].join('\n');
  const { results } = await apply(t, sls);
  t.deepEqual(
    results.map(({ __id__, comment }) => [__id__, comment]),
    [
      ['change', 'Success!'],
      ['before', 'Success!'],
      ['watching', 'Watch statement fired.'],
    ],
  );
});

test('prereq: of what is skipped, nothing is done before; when what is done before fails, it does not run', async (t) => {
  const { of } = await apply(
    t,
    [
      'same:\n  test.nop: []',
      'before-skipped:\n  test.succeed_with_changes:\n    - prereq: [{test: skipped}]',
      'skipped:\n  test.succeed_with_changes:\n    - onchanges: [{test: same}]',
      'failing:\n  test.fail_without_changes:\n    - prereq: [{test: not-reached}]',
      'not-reached:\n  test.succeed_with_changes: []',
    ].join('\n'),
  );
  t.like(of('before-skipped'), { result: true, comment: 'No changes detected', changes: {} });
  t.like(of('not-reached'), { result: false, comment: 'One or more requisite failed: x.failing', changes: {} });
});

test('prereq: a file that is moved away before a new one is written, and only then', async (t) => {
  const sls = [
    'save:\n  cmd.run:\n    - name: cp DIR/f DIR/saved\n    - prereq: [{file: DIR/f}]',
    'DIR/f:\n  file.managed:\n    - contents: new',
  ].join('\n');
  const before = "old:\n  cmd.run:\n    - name: printf 'old\\n' > DIR/f\n    - require_in: [{cmd: save}]\n";
  const { directory, of } = await apply(t, before + sls);
  t.is(readFileSync(path.join(directory, 'saved'), 'utf8'), 'old\n');
  t.is(readFileSync(path.join(directory, 'f'), 'utf8'), 'new\n');
  t.is(of('save')?.result, true);
  const test_ = await apply(t, sls, 'test=True');
  t.is(test_.of('save')?.result, null);
  t.false(existsSync(path.join(test_.directory, 'f')));
});

test('listen: a state that has nothing to do when something changes, fails at the end with that', async (t) => {
  const { results } = await apply(
    t,
    'a:\n  test.succeed_with_changes: []\nDIR/f:\n  file.managed:\n    - contents: x\n    - listen: [a]\n',
  );
  t.like(results[2], { result: false, comment: 'file.managed has nothing to do when something changes' });
});

test('check_cmd: commands decide, and what requires the state goes by that', async (t) => {
  const { of } = await apply(
    t,
    'DIR/f:\n  file.directory:\n    - check_cmd: [test -d DIR/f, test -d DIR/g]\nb:\n  test.nop:\n    - require: [{file: DIR/f}]\n',
  );
  t.is(of('b')?.result, false);
});

test('runas, umask and cmd_opts_exclude: how conditions are run', async (t) => {
  const { of } = await apply(
    t,
    [
      `masked:\n  test.nop:\n    - umask: '077'\n    - onlyif: 'test "$(umask)" = 0077'`,
      `there:\n  cmd.run:\n    - name: pwd\n    - cwd: DIR\n    - onlyif: 'test "$(pwd)" = DIR'`,
      `elsewhere:\n  cmd.run:\n    - name: pwd\n    - cwd: DIR\n    - onlyif: 'test "$(pwd)" = DIR'\n    - cmd_opts_exclude: [cwd]`,
    ].join('\n'),
  );
  t.is(of('masked')?.comment, 'Success!');
  t.like(of('there'), { result: true, comment: 'Command "pwd" run' });
  t.is(of('elsewhere')?.comment, 'onlyif condition is false');
});

test('a condition whose directory a state before makes: test mode does not know, and the run runs it', async (t) => {
  const sls = (name: string) =>
    `DIR/${name}:\n  file.directory: []\nb:\n  cmd.run:\n    - name: 'true'\n    - cwd: DIR/${name}\n    - onlyif: test -d .\n`;
  const foretold = await apply(t, sls('new'), 'test=True');
  t.is(foretold.of('b')?.result, null);
  t.regex(
    foretold.of('b')?.comment ?? '',
    /directory .*new does not exist, before what is planned: unknown until run$/,
  );
  t.is((await apply(t, sls('new'))).of('b')?.comment, 'Command "true" run');
  const never = await apply(
    t,
    "b:\n  cmd.run:\n    - name: 'true'\n    - cwd: DIR/never\n    - onlyif: test -d .\n",
    'test=True',
  );
  t.is(never.of('b')?.result, false);
});

test('reload_grains: a template of a later state sees what a state wrote', async (t) => {
  const { directory } = await apply(
    t,
    [
      'DIR/grains:\n  file.managed:\n    - contents: "role: web"\n    - reload_grains: True',
      'DIR/out:\n  file.managed:\n    - contents_grains: role',
    ].join('\n'),
  );
  t.is(readFileSync(path.join(directory, 'out'), 'utf8'), 'web\n');
});

test('retry: waits as long as it says, with its splay, and stops at the first success', async (t) => {
  const clock = fakeClock();
  const outcomes = [false, true, true];
  const waits: number[] = [];
  const timed = {
    ...clock,
    after(ms: number, callback: () => void) {
      waits.push(ms);
      callback();
      return () => {};
    },
  };
  const done = await retried(
    { attempts: 5, until: true, interval: 30, splay: 10 },
    { shown: { result: false, comment: 'first' } },
    () => ({ shown: { result: outcomes.shift() ?? false, comment: 'later' } }),
    timed,
    () => 0.5,
  );
  t.deepEqual(waits, [35_000, 35_000]);
  t.is(
    done.shown.comment,
    'Attempt 1: Returned a result of "False", with the following comment: "first"\n' +
      'Attempt 2: Returned a result of "False", with the following comment: "later"\nlater',
  );
});
