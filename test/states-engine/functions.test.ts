import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { run, write } from './kit.ts';

/* The functions of `state` besides apply. */

const tree = {
  'states/top.sls': "base:\n  '*': [web]\n",
  'states/web.sls':
    'include: [base]\nweb:\n  test.succeed_with_changes:\n    - require: [{test: needed}]\nother:\n  test.nop: []\n',
  'states/base.sls': 'needed:\n  test.nop:\n    - names: [one, two]\n',
};

async function call(t: ExecutionContext, ...words: string[]) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, tree);
  const said = words.map((word) => word.replaceAll('DIR', directory));
  const { out, code } = await run(directory, path.join(directory, 'states'), said);
  return { directory, code, local: (JSON.parse(out) as { local: unknown }).local };
}

const ids = (local: unknown): string[] =>
  Object.values(local as Record<string, StateResult>).map(({ __id__ }) => __id__);

test('state.single: one state with its arguments, whatever stands in them, and its mistakes told', async (t) => {
  const { directory, code, local } = await call(
    t,
    'state.single',
    'file.managed',
    'name=DIR/f',
    'contents=\'{{no template}}\': "x", y',
    'mode=0600',
  );
  t.is(code, 0);
  t.deepEqual(ids(local), [path.join(directory, 'f')]);
  t.is(readFileSync(path.join(directory, 'f'), 'utf8'), `'{{no template}}': "x", y\n`);
  const wrong = await call(t, 'state.single', 'file.managed', 'name=DIR/f', 'content=x');
  t.is(wrong.code, 2);
  t.regex(String(wrong.local), /the arguments of state.single:.*file.managed has no argument 'content'[^]*'contents'/);
  const absent = await call(t, 'state.single', 'file.managed', 'name=DIR/f', 'contents=x', 'win_owner=x');
  t.regex(String(absent.local), /file.managed has no argument 'win_owner'[^]*hint: Salt has it: it is for Windows/);
  t.is((await call(t, 'state.single', 'test.fail_without_changes', 'name=x')).code, 1);
  t.is((await call(t, 'state.single', 'test.succeed_with_changes', 'x', 'test=True')).code, 0);
});

test('state.low, state.high, state.template, state.template_str: states that are given', async (t) => {
  const low = await call(t, 'state.low', '{state: test, fun: nop, name: x, comment: low}');
  t.is((low.local as Record<string, StateResult>)['test_|-x_|-x_|-nop']?.comment, 'low');
  const high = await call(t, 'state.high', '{a: {test.nop: []}, b: {test.nop: [{require: [{test: a}]}]}}');
  t.deepEqual(ids(high.local), ['a', 'b']);
  const text = await call(t, 'state.template_str', '{{id}}:\n  test.nop: []\n');
  t.deepEqual(ids(text.local), ['web1']);
  const file = await call(t, 'state.template', 'DIR/states/base.sls');
  t.deepEqual(ids(file.local), ['needed', 'needed']);
});

test('state.sls_id: one id and what it needs, and nothing else', async (t) => {
  t.deepEqual(ids((await call(t, 'state.sls_id', 'web', 'web')).local), ['needed', 'needed', 'web']);
  const wrong = await call(t, 'state.sls_id', 'wb', 'web');
  t.is(wrong.code, 2);
  t.regex(String(wrong.local), /no state has the id 'wb'[^]*'web'/);
});

test('state.show_*: a tree as Salt shows it, nothing being run', async (t) => {
  t.deepEqual((await call(t, 'state.show_sls', 'web')).local, {
    needed: {
      __sls__: 'base',
      __env__: 'base',
      __sls_included_from__: ['web'],
      test: [{ names: ['one', 'two'] }, 'nop', { order: 10_000 }],
    },
    web: {
      __sls__: 'web',
      __env__: 'base',
      test: [{ require: [{ test: 'needed' }] }, 'succeed_with_changes', { order: 10_001 }],
    },
    other: { __sls__: 'web', __env__: 'base', test: ['nop', { order: 10_002 }] },
  });
  const low = (await call(t, 'state.show_lowstate')).local as { name: string; fun: string; order: number }[];
  t.deepEqual(
    low.map(({ name, order }) => [name, order]),
    [
      ['one', 10_000.0001],
      ['two', 10_000.0002],
      ['web', 10_001],
      ['other', 10_002],
    ],
  );
  t.deepEqual((await call(t, 'state.show_top')).local, { base: ['web'] });
  t.deepEqual((await call(t, 'state.show_states')).local, ['base', 'web']);
});

test('state.sls_exists, state.id_exists, state.running: yes or no', async (t) => {
  t.true((await call(t, 'state.sls_exists', 'web')).local);
  t.false((await call(t, 'state.sls_exists', 'wbe')).local);
  t.true((await call(t, 'state.id_exists', 'web,needed', 'web')).local);
  t.false((await call(t, 'state.id_exists', 'nobody')).local);
  t.deepEqual((await call(t, 'state.running')).local, []);
});

test('a state file whose first line names its renderer: read as that, and others are refused with the name here', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, {
    'states/plain.sls': "#!yaml\n'{{id}}':\n  test.nop: []\n",
    'states/json.sls': '#!json\n{\n\t"a\\tb": {"test.nop": []},\n\t"c": {"test.nope": []}\n}\n',
    'states/both.sls': '#!handlebars|json\n{"{{id}}": {"test.nop": []}}\n',
    'states/jinja.sls': '#!jinja|yaml\na:\n  test.nop: []\n',
    'states/py.sls': '#!yml\na:\n  test.nop: []\n',
  });
  const applied = async (name: string): Promise<unknown> => {
    const { out } = await run(directory, path.join(directory, 'states'), ['state.apply', name]);
    return (JSON.parse(out) as { local: unknown }).local;
  };
  t.deepEqual(ids(await applied('plain')), ['{{id}}']);
  t.deepEqual(ids(await applied('both')), ['web1']);
  t.regex(String(await applied('json')), /json\.sls:4:8: state module 'test' has no function 'nope'/);
  t.regex(String(await applied('jinja')), /jinja\.sls:1:3: there is no renderer 'jinja\|yaml'[^]*#!handlebars\|yaml/);
  t.regex(String(await applied('py')), /there is no renderer 'yml'[^]*did you mean 'yaml'/);
});

test('pillar laid over that of the minion for one run: seen by all that the run calls, in test mode and when it is shown, too', async (t) => {
  const sls = `asked-{{salt "pillar.get" "a" "none"}}:\n  test.nop:\n    - onlyif: [{fun: pillar.get, args: [a]}]\ncalled:\n  module.run:\n    - pillar.get: [{key: a}]\n`;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  write(folder, { 'states/x.sls': sls });
  const call = async (...words: string[]) => {
    const { out } = await run(folder, path.join(folder, 'states'), [...words, 'pillar={a: over}']);
    return (JSON.parse(out) as { local: Record<string, StateResult> }).local;
  };
  const applied = Object.values(await call('state.apply', 'x'));
  t.deepEqual(
    applied.map(({ __id__, comment }) => [__id__, comment]),
    [
      ['asked-over', 'Success!'],
      ['called', 'pillar.get: over'],
    ],
  );
  t.is(Object.values(await call('state.apply', 'x', 'test=True'))[0]?.comment, 'Success!');
  t.true(Object.keys(await call('state.show_sls', 'x')).includes('asked-over'));
});

test('a broken pillar: what asks for none is answered, all else says what is wrong', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  write(folder, {
    'pillar/top.sls': "base:\n  '*': [x]\n",
    'pillar/x.sls': 'x: [1\n',
    'states/a.sls': 'a: {test.nop: []}\n',
  });
  const call = async (...words: string[]) => run(folder, path.join(folder, 'states'), words);
  t.is((await call('test.ping')).code, 0);
  t.is((await call('grains.get', 'kernel')).code, 0);
  const items = await call('pillar.items');
  t.not(items.code, 0);
  t.regex(items.out + items.err, /x\.sls:1:4/);
  t.is((await call('state.apply', 'a')).code, 2);
});
