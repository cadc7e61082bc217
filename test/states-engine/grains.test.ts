import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { run, write } from './kit.ts';

/* What later states of a run see of the grains that states before them set, as in Salt: at once. */

async function begin(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const filled = Object.entries(files).map(([name, text]) => [`states/${name}`, text.replaceAll('DIR', directory)]);
  write(directory, Object.fromEntries(filled) as Record<string, string>);
  const apply = async (...words: string[]) => {
    const { out } = await run(directory, path.join(directory, 'states'), ['state.apply', 'x', ...words]);
    const { local } = JSON.parse(out) as { local: Record<string, StateResult> | string[] };
    if (Array.isArray(local)) throw new Error(local.join('\n'));
    return Object.fromEntries(Object.values(local).map((result) => [result.__id__, result]));
  };
  return { directory, apply };
}

const tree = {
  'x.sls': `
rack:
  grains.present:
    - value: r12
roles:
  grains.list_present:
    - value: web
guarded:
  test.succeed_with_changes:
    - unless:
      - fun: grains.get
        args: [rack]
DIR/out:
  file.managed:
    - source: salt://out
    - template: handlebars
listed:
  file.managed:
    - name: DIR/listed
    - contents_grains: roles
again:
  grains.present:
    - name: rack
    - value: r12
gone:
  grains.absent:
    - name: rack
    - destructive: true
after:
  test.succeed_with_changes:
    - onlyif:
      - fun: grains.get
        args: [rack]
`,
  out: `{{grains.rack}} {{salt 'grains.get' 'rack'}} {{#each grains.roles}}{{this}}{{/each}}\n`,
};

test('grains: a later state sees what a state has set, wherever it looks', async (t) => {
  const { directory, apply } = await begin(t, tree);
  const results = await apply();
  t.is(results['guarded']?.comment, 'unless condition is true');
  t.is(readFileSync(path.join(directory, 'out'), 'utf8'), 'r12 r12 web\n');
  t.is(readFileSync(path.join(directory, 'listed'), 'utf8'), 'web\n');
  t.is(results['again']?.comment, 'Grain is already set');
  t.is(results['after']?.comment, 'onlyif condition is false');
});

test('grains: test mode sees what is planned, and says what the run then does', async (t) => {
  const { directory, apply } = await begin(t, tree);
  const foretold = await apply('test=True');
  t.false(existsSync(path.join(directory, 'grains')));
  const results = await apply();
  for (const [id, { changes, result }] of Object.entries(results)) {
    const before = foretold[id];
    t.deepEqual(before?.changes, changes, id);
    t.is(before?.result, Object.keys(changes).length > 0 ? null : result, id);
  }
});

test('grains: reload_pillar, what was set before it stays', async (t) => {
  const { directory, apply } = await begin(t, {
    'x.sls': `
rack:
  grains.present:
    - value: r12
note:
  test.succeed_with_changes:
    - reload_pillar: true
DIR/out:
  file.managed:
    - contents_grains: rack
`,
  });
  await apply();
  t.is(readFileSync(path.join(directory, 'out'), 'utf8'), 'r12\n');
});

test('grains: reload_grains, a template may use what only a file that a state writes defines', async (t) => {
  const { directory, apply } = await begin(t, {
    'x.sls': `
DIR/grains:
  file.managed:
    - contents: 'rack: r12'
    - reload_grains: true
asks:
  test.succeed_with_changes:
    - unless:
      - fun: grains.get
        args: [rack]
DIR/out:
  file.managed:
    - source: salt://out
    - template: handlebars
`,
    out: '{{grains.rack}}\n',
  });
  const results = await apply();
  t.is(results['asks']?.comment, 'unless condition is true');
  t.is(readFileSync(path.join(directory, 'out'), 'utf8'), 'r12\n');
});

test('grains: what no message can carry, is set by no state and the file stays as it is', async (t) => {
  const { directory, apply } = await begin(t, {
    'x.sls': `
acme:
  grains.present:
    - name: constructor
    - value: acme
inner:
  grains.present:
    - name: rack:__proto__
    - value: 1
listed:
  grains.list_present:
    - name: prototype
    - value: [1]
deep:
  grains.present:
    - value: ${'['.repeat(15) + ']'.repeat(15)}
held:
  grains.present:
    - value: {rows: {constructor: 1}}
`,
  });
  const results = await apply();
  const told = Object.fromEntries(Object.entries(results).map(([id, { result, comment }]) => [id, [result, comment]]));
  t.deepEqual(told['acme'], [false, "No grain can be called 'constructor': no message can carry it"]);
  t.deepEqual(told['inner'], [false, "No grain can be called '__proto__': no message can carry it"]);
  t.deepEqual(told['listed'], [false, "No grain can be called 'prototype': no message can carry it"]);
  t.deepEqual(told['deep'], [false, "the grain 'deep' is nested deeper than 14: no message can carry it"]);
  t.deepEqual(told['held'], [false, "no key can be 'constructor': no message can carry it"]);
  t.false(existsSync(path.join(directory, 'grains')));
});
