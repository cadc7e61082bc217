import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { systemClock } from '../../lib/clock.ts';
import { fakeClock } from '../kit/clock.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { renderPool } from '../../master/pool/render-pool.ts';
import { renderReactions } from '../../master/reactor/sls/render.ts';
import { slsReactor } from '../../master/reactor/sls/sls-reactor.ts';
import { fakePowers, rig, until } from './kit.ts';
import { cpuMs } from '../kit/cpu.ts';

const render = (source: string, data: JsonMap = {}, tag = 'x') => renderReactions(source, 'r.sls', tag, data);
const local = { client: 'local', tgt: 'w1', tgt_type: 'glob' } as const;
const none = { tgt: '', tgt_type: '' };

const styles: [string, string, unknown[]][] = [
  [
    'local, new style, named arguments',
    'zsh:\n  local.state.single:\n    - tgt: os:Debian\n    - tgt_type: grain\n    - args:\n      - fun: pkg.installed\n      - name: zsh\n',
    [
      {
        id: 'zsh',
        client: 'local',
        fun: 'state.single',
        tgt: 'os:Debian',
        tgt_type: 'grain',
        arg: [],
        kwarg: { fun: 'pkg.installed', name: 'zsh' },
      },
    ],
  ],
  [
    'local, old style',
    'zsh:\n  local.state.single:\n    - tgt: w1\n    - arg: [pkg.installed, zsh]\n    - kwarg: {fromrepo: updates}\n',
    [{ ...local, id: 'zsh', fun: 'state.single', arg: ['pkg.installed', 'zsh'], kwarg: { fromrepo: 'updates' } }],
  ],
  [
    'cmd, the old name of local, with plain values in args, and expr_form',
    'go:\n  cmd.cmd.run:\n    - tgt: w1\n    - expr_form: glob\n    - args: [uptime, {cwd: /}]\n',
    [{ ...local, id: 'go', fun: 'cmd.run', arg: ['uptime'], kwarg: { cwd: '/' } }],
  ],
  [
    'runner, new and old style',
    'a:\n  runner.state.orchestrate:\n    - args:\n      - mods: orch.x\n      - pillar: {k: 1}\nb:\n  runner.state.orchestrate:\n    - mods: orch.x\n    - kwarg: {pillar: {k: 1}}\n',
    [
      {
        ...none,
        id: 'a',
        client: 'runner',
        fun: 'state.orchestrate',
        arg: [],
        kwarg: { mods: 'orch.x', pillar: { k: 1 } },
      },
      {
        ...none,
        id: 'b',
        client: 'runner',
        fun: 'state.orchestrate',
        arg: [],
        kwarg: { pillar: { k: 1 }, mods: 'orch.x' },
      },
    ],
  ],
  [
    'wheel, old style, beside another function of the same id',
    'k:\n  wheel.key.accept:\n    - match: w1\n  local.test.ping:\n    - tgt: w1\n',
    [
      { ...none, id: 'k', client: 'wheel', fun: 'key.accept', arg: [], kwarg: { match: 'w1' } },
      { ...local, id: 'k #2', fun: 'test.ping', arg: [], kwarg: {} },
    ],
  ],
  [
    'a runner without arguments',
    'c:\n  runner.cache.clear_all: []\n',
    [{ ...none, id: 'c', client: 'runner', fun: 'cache.clear_all', arg: [], kwarg: {} }],
  ],
  [
    'a list of minions as target',
    'p:\n  local.test.ping:\n    - tgt: [w1, w2]\n',
    [{ ...local, id: 'p', fun: 'test.ping', tgt: ['w1', 'w2'], tgt_type: 'list', arg: [], kwarg: {} }],
  ],
  ['nothing at all', '{{#if (eq data.act "pend")}}\nx:\n  local.test.ping:\n    - tgt: w1\n{{/if}}\n', []],
];
for (const [what, source, expected] of styles) {
  test(`a YAML reactor: ${what}`, (t) =>
    t.deepEqual<unknown[], unknown[]>(render(source, { act: 'accept' }), expected));
}

test("a YAML reactor: what it prints of an event, a value of the event's own kind", (t) => {
  const source = `
{{#each data.list as |item|}}
note {{item}}:
  runner.note.down:
    - id: {{data.id}}
    - n: {{data.n}}
    - text: "{{data.n}}"
    - more: about {{data.id}} and {{item}}
    - all: {{json data}}
    - inline: {a: {{data.on}}, b: [{{data.none}}, '{{data.id}}']}
    - tag: {{tag}}
    - lines: |
        {{data.id}}
        {{json data.list}}
{{/each}}
`;
  const data = { id: 'w1: {x}', n: 7, on: true, none: null, list: ['a', 'b'] };
  const [first, second] = render(source, data, 'my/tag');
  t.deepEqual(first?.kwarg, {
    id: 'w1: {x}',
    n: 7,
    text: '7',
    more: 'about w1: {x} and a',
    all: data,
    inline: { a: true, b: [null, 'w1: {x}'] },
    tag: 'my/tag',
    lines: 'w1: {x}\n["a","b"]\n',
  });
  t.is(second?.id, 'note b');
});

test('a YAML reactor: helpers and partials, print values of an event, too', (t) => {
  const source = `
{{#*inline "note"}}
- [{{key}}, {{value}}]
{{/inline}}
{{#*inline "text"}}{{data.id}}!{{/inline}}
note:
  runner.note.down:
    - pairs:
      {{#each (items data.more)}}
      {{> note}}
      {{/each}}
    - all: {{yaml data}}
    - quoted: {{quote data.n}}
    - names: {{sort (map data.users attribute="name")}}
    - text: {{render "text"}}
    - joined: {{concat "a-" data.id}}
`;
  const data = { id: 'x: {y}\n- z', n: 7, more: { a: '{{b}}', c: [1] }, users: [{ name: '"b' }, { name: "'a" }] };
  t.deepEqual(render(source, data, 'my/tag')[0]?.kwarg, {
    pairs: [
      ['a', '{{b}}'],
      ['c', [1]],
    ],
    all: data,
    quoted: '7',
    names: ['"b', "'a"],
    text: 'x: {y}\n- z!',
    joined: 'a-x: {y}\n- z',
  });
});

test('a YAML reactor: no file is at hand, and no time', (t) => {
  t.throws(() => render('{{> "a/b.sls"}}', {}), { message: /no tree of files is at hand/ });
  t.throws(() => render('{{import_text data.path}}', { path: 'etc/passwd' }), {
    message: /no tree of files is at hand/,
  });
  t.throws(() => render('{{int (now)}}', {}), { message: /no time is handed in/ });
});

const mistakes: [string, string, RegExp][] = [
  [
    'an unknown client',
    'x:\n  locl.test.ping:\n    - tgt: a\n',
    /^r\.sls:2:3: 'locl\.test\.ping' is no reaction[^]*did you mean 'local'/,
  ],
  ['caller', 'x:\n  caller.test.ping: []\n', /^r\.sls:2:3: caller reactions run on a minion/],
  ['no target', 'x:\n  local.test.ping: []\n', /^r\.sls:2:3: .*'tgt' is missing/],
  [
    'a misspelt key',
    'x:\n  local.test.ping:\n    - tgt: a\n    - agrs: [1]\n',
    /^r\.sls:4:7: a local reaction has no 'agrs'[^]*did you mean 'args'/,
  ],
  [
    'two keys in one item',
    'x:\n  local.test.ping:\n    - tgt: a\n      arg: 1\n',
    /^r\.sls:4:7: an item of this list is a map with one key/,
  ],
  [
    'arguments beside args',
    'x:\n  wheel.key.accept:\n    - match: a\n    - args: [1]\n',
    /^r\.sls:3:7: 'match' has no effect beside 'args'/,
  ],
  ['a list at the top', '- x\n', /^r\.sls:1:1: a reactor file is a map/],
  [
    'a function from the event',
    'x:\n  local.{{data.fun}}:\n    - tgt: a\n',
    /^r\.sls:2:3: a function cannot come from an event/,
  ],
  [
    'a key from the event',
    'x:\n  runner.a.b:\n    - {{data.fun}}: 1\n',
    /^r\.sls:3:7: a key cannot come from an event/,
  ],
  [
    'an undefined name',
    'x:\n  local.test.ping:\n    - tgt: {{data.idd}}\n',
    /^r\.sls:3:14: 'data.idd' is not defined[^]*did you mean 'id'/,
  ],
  [
    'a target that can not be read',
    'x:\n  local.test.ping:\n    - tgt: G@os:Debian and (web*\n    - tgt_type: compound\n',
    /^r\.sls:3:7: the compound target 'G@os:Debian and \(web\*' has a '\(' without its '\)'/,
  ],
  [
    'a target with a letter that means nothing',
    'x:\n  local.test.ping:\n    - tgt: g@os:Debian and {{data.id}}\n    - tgt_type: compound\n',
    /^r\.sls:3:7: .*g@os[^]*hint: there are G, P/,
  ],
  ['broken YAML', 'x:\n  local.test.ping:\n    - tgt: [a\n', /^r\.sls:\d+:\d+: /],
  [
    'Jinja',
    "{% if data['act'] == 'pend' %}\n{% endif %}\n",
    /^r\.sls:1:1: \{% if %\} is Jinja[^]*write \{\{#if \(eq data\.act "pend"\)/,
  ],
];
for (const [what, source, expected] of mistakes) {
  test(`a YAML reactor with ${what}: the error has its place and a hint`, (t) => {
    const error = t.throws(() => render(source, { id: 'w1', fun: 'cmd.run' }), { instanceOf: TsaltError });
    t.regex(error?.message ?? '', expected);
  });
}

test('an event in a target: a name is taken as it is, a pattern or an operator is refused', (t) => {
  const target = (type: string, id: Json, tgt = '{{data.id}}') =>
    render(`x:\n  local.test.ping:\n    - tgt: ${tgt}\n    - tgt_type: ${type}\n`, { id })[0]?.tgt;
  t.is(target('glob', 'w.1-a_b'), 'w.1-a_b');
  t.is(target('pcre', 'w.1', '^{{data.id}}$'), '^w\\.1$');
  t.is(target('compound', 'w1', 'web* and L@{{data.id}}'), 'web* and L@w1');
  t.is(target('glob', 12), '12');
  for (const bad of ['*', 'w?', '[a]', 'a or b', 'or', 'NOT', 'a,b', '', 'x\n', 'é', null, ['a'], { a: 1 }, true]) {
    t.throws(() => target('compound', bad), { code: 'TS_REACTOR_BAD_REACTION' }, JSON.stringify(bad));
  }
});

const pieces = `" ' : { } {{ }} {{data}} [ ] , # &a *a !!js | > % @ \` --- ... << ? - val e`.split(' ');
pieces.push(': ', '\n', '\n- ', '\n  local.cmd.run:\n    - tgt: "*"\n', ' #', '\t', '\r', '\u2028', '\u0000', '? ');
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
);
const anything = fc.oneof(nasty, fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)) as Json);

test('whatever an event carries: it adds and changes no reaction, and its values arrive as they are', (t) => {
  const source = `
accept {{data.id}}:   # {{data.id}}
  wheel.key.accept:
    - args: [{{data.v}}, '{{data.s}}', "x{{data.s}}y", {{json data.v}}, {k: {{data.s}} }]
second:
  runner.note.down:
    - text: >-
        before {{data.s}}
        after
    - all: {{json data}}
    - s: {{data.s}}
    - joined: {{data.s}}{{data.s}}
    - quoted: {{quote data.s}}
`;
  fc.assert(
    fc.property(nasty, nasty, anything, (id, s, v) => {
      const data = { id, s, v };
      const [first, second, ...others] = render(source, data);
      t.deepEqual(others, []);
      t.deepEqual({ ...first }, {
        ...none,
        id: `accept ${id}`,
        client: 'wheel',
        fun: 'key.accept',
        arg: [v, s, `x${s}y`, v],
        kwarg: { k: s },
      } as never);
      t.deepEqual({ ...second }, {
        ...none,
        id: 'second',
        client: 'runner',
        fun: 'note.down',
        arg: [],
        kwarg: { text: `before ${s} after`, all: data, s, joined: `${s}${s}`, quoted: s },
      } as never);
    }),
    { numRuns: 400 },
  );
});

function scratch(files: Record<string, string>): { at: (name: string) => string; remove: () => void } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-reactor-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return {
    at: (name) => path.join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

test('YAML reactors in child processes: jobs are published, runners called, and a template that never ends delays no other', async (t) => {
  const endless = `${'{{#each (range 100000)}}'.repeat(3)}x${'{{/each}}'.repeat(3)}`;
  const files = scratch({
    'good.sls': 'hi:\n  local.test.ping:\n    - tgt: {{data.id}}\n  runner.note.down:\n    - id: {{data.id}}\n',
    'hangs.sls': endless,
    'broken.sls': 'x:\n  local.test.ping: []\n',
  });
  t.teardown(files.remove);
  const pool = renderPool({ clock: systemClock, log: silent, deadlineMs: 1_500 });
  const { powers, published, called } = fakePowers();
  const names = ['hangs.sls', 'broken.sls', 'good.sls'];
  const reactors = Object.fromEntries(names.map((name) => [name, slsReactor(files.at(name), pool)]));
  const { engine, events } = await rig({ x: names }, { reactors, powers });
  for (let n = 0; n < 20; n++) await events.fire({ tag: 'x', data: { id: `w${n}` } });
  await until(() => called.length === 20);
  t.deepEqual(new Set(published.map(({ tgt }) => tgt)), new Set(called.map(({ kwarg }) => kwarg['id'])));
  const [letter] = engine.deadLetters().filter(({ reactor }) => reactor === 'x broken.sls');
  t.is(letter?.decision, 'failed');
  t.regex(letter?.error ?? '', /broken\.sls:2:3: .*'tgt' is missing/);
  await until(async () => (await engine.why(1)).some(({ error }) => /within 1500 ms/.test(error ?? '')));
  await engine.stop();
  pool.stop();
});

test('YAML reactors in child processes: one is ready before the first event, and another starts only when some wait for long', async (t) => {
  const files = scratch({ 'hi.sls': 'hi:\n  local.test.ping:\n    - tgt: {{data.id}}\n' });
  t.teardown(files.remove);
  const file = files.at('hi.sls');
  const clock = fakeClock();
  const pool = renderPool({ clock, log: silent });
  t.teardown(() => pool.stop());
  pool.warm();
  pool.warm();
  const render = (id: string) => pool.run(file, 'reactions', { file, tag: 'x', data: { id } });
  await render('first');
  t.is(pool.counters().started, 1, 'the one that was ready has done it');
  const soon = [render('second')];
  await Promise.resolve();
  soon.push(render('third'));
  await Promise.all(soon);
  clock.advance(1000);
  t.is(pool.counters().started, 1, 'the one that waited had its turn');
  const late = [render('fourth')];
  await Promise.resolve();
  late.push(render('fifth'));
  await Promise.resolve();
  clock.advance(200);
  t.is(pool.counters().started, 2);
  await Promise.all(late);
  t.is(pool.counters().waiting, 0);
});

test('YAML reactors in child processes: where none can be started, the rendering says so', async (t) => {
  const pool = renderPool({ clock: systemClock, log: silent, heapMb: 1 });
  t.teardown(() => pool.stop());
  await t.throwsAsync(pool.run('/x.sls', 'reactions', {}), { code: 'TS_REACTOR_WORKER_DIED' });
  await t.throwsAsync(pool.run('/y.sls', 'reactions', {}), { code: 'TS_REACTOR_WORKER_DIED' });
});

test('speed: a thousand YAML reactions are rendered and done within four seconds', async (t) => {
  const files = scratch({ 'good.sls': 'hi:\n  local.test.ping:\n    - tgt: {{data.id}}\n' });
  t.teardown(files.remove);
  const pool = renderPool({ clock: systemClock, log: silent });
  const { powers, published } = fakePowers();
  const { engine, events } = await rig(
    { x: ['good'] },
    { reactors: { good: slsReactor(files.at('good.sls'), pool) }, powers },
  );
  await events.fire({ tag: 'x', data: { id: 'warm' } });
  await until(() => published.length === 1);
  const before = cpuMs();
  for (let n = 0; n < 1_000; n++) void events.fire({ tag: 'x', data: { id: `w${n}` } });
  await until(() => published.length === 1_001);
  const ms = cpuMs() - before;
  t.log(`1,000 events took ${Math.round(ms)} ms of the processor`);
  t.true(ms < 4_000);
  await engine.stop();
  pool.stop();
});
