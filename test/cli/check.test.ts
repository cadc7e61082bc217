import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../cli/main.ts';
import { captured, write } from '../states-engine/kit.ts';

async function check(t: ExecutionContext, files: Record<string, string>, ...words: string[]) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, files);
  const io = captured(directory);
  const code = await main(['check', '--config-dir', directory, '--id', 'web1', ...words], io);
  return { code, out: io.printed.out.replaceAll(`${directory}/`, ''), err: io.printed.err };
}

test('check: a sound state tree, said so, exit 0', async (t) => {
  const { code, out, err } = await check(
    t,
    {
      'states/top.sls': "base:\n  '*': [a, b]\n",
      'states/a.sls': 'one:\n  test.nop:\n    - require: [{test: two}]\n    - name: {{pillar.x}}\n',
      'states/b.sls': 'two: {test.nop: []}\n',
      'states/c.sls': 'two: {test.nop: []}\n',
      'pillar/top.sls': "base:\n  '*': [x]\n",
      'pillar/x.sls': 'x: y\n',
    },
    'states',
  );
  t.is(out, '');
  t.regex(err, /states: state files, 3 files: nothing wrong/);
  t.is(code, 0);
});

test('check: mistakes in several files, all told at once, exit 2', async (t) => {
  const { code, out } = await check(
    t,
    {
      'states/top.sls': "base:\n  'G@os:Debian and': [a]\n",
      'states/a.sls': 'one: {test.nopp: []}\n',
      'states/b.sls': 'include: [a]\ntwo:\n  test.nop:\n    - require: [nowhere]\n',
    },
    'states',
  );
  t.is(code, 2);
  t.regex(out, /^states\/top\.sls:2:3: the compound target 'G@os:Debian and' ends where/m);
  t.regex(out, /^states\/a\.sls:1:7: state module 'test' has no function 'nopp'/m);
  t.is(out.match(/nopp'/g)?.length, 1);
});

test('check: pillar, reactor files and config, each by what it is', async (t) => {
  const files = {
    'pillar/top.sls': "base:\n  '*': [x]\n",
    'pillar/x.sls': 'a: 1\na: 2\n',
    'reactor/start.sls': '{{#if (eq data.act "pend")}}\n',
    'etc/minion': 'masterr: x\n',
  };
  const { code, out } = await check(t, files, 'pillar', 'reactor', 'etc/minion');
  t.is(code, 2);
  t.regex(out, /pillar\/x\.sls:2:1: 'a' is already a key here/);
  t.regex(out, /reactor\/start\.sls:1:1: \{\{#if\}\} has no \{\{\/if\}\}/);
  t.regex(out, /minion:1:1: .*masterr/);
});

test('check: a path that is not there, a usage error', async (t) => {
  const { code, err } = await check(t, {}, 'nowhere');
  t.is(code, 2);
  t.regex(err, /there is no file or directory 'nowhere'/);
});
