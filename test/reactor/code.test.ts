import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { silent } from '../../lib/log.ts';
import { codeReactor } from '../../master/pool/code-reactor.ts';
import { renderPool } from '../../master/pool/render-pool.ts';
import { reactorOpener } from '../../master/reactor/open.ts';
import { fakePowers, reactorOf, rig, until } from './kit.ts';

function file(t: ExecutionContext, source: string, name = 'reactor.mjs'): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-code-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(path.join(directory, name), source);
  return path.join(directory, name);
}
const options = { clock: systemClock, log: silent };
const quick = 'retry: { tries: 3, firstMs: 1, longestMs: 5 }';

test('a reactor in code: its context publishes, calls, fires, remembers and looks up as the real one', async (t) => {
  const reactor = await codeReactor(
    file(
      t,
      `let tries = 0;
      export default { ${quick}, async react(event, ctx) {
        if (event.data.skip) return { skipped: 'asked to' };
        const n = await ctx.once('count', async () => ++tries);
        const { jid } = await ctx.publish('ping', { tgt: [event.data.id], tgt_type: 'list', fun: 'test.ping' });
        const known = await ctx.instances.find(event.data.id);
        if (++tries < 3) throw new Error('again');
        await ctx.call('runner', 'note.down', { n, jid, known: known?.state ?? 'none', delivered: await ctx.delivered(jid, 'w1') });
        await ctx.fire('my/tag', { token: await ctx.keys.tokenOf('w1', 'aa') });
      } };`,
    ),
    options,
  );
  const { powers, published, called } = fakePowers();
  const { engine, events } = await rig({ x: ['r'] }, { reactors: { r: reactor }, powers });
  await events.fire({ tag: 'x', data: { id: 'w1' } });
  await events.fire({ tag: 'x', data: { id: 'w2', skip: true } });
  await until(() => events.all().some(({ tag }) => tag === 'my/tag'));
  t.deepEqual(called, [
    { fun: 'runner.note.down', arg: [], kwarg: { n: 1, jid: published[0]?.jid ?? '', known: 'none', delivered: true } },
  ]);
  t.is(published.length, 1);
  t.deepEqual(events.all().at(-1)?.data, { token: 'good' });
  await until(async () => (await engine.why(2))[0]?.reason === 'asked to');
  await engine.stop();
});

test('reactors in code that hang, use up the memory or exit: each becomes a dead letter, and another goes on', async (t) => {
  const bad = {
    hangs: 'while (true);',
    eats: 'const all = []; while (true) all.push(new Array(1e6).fill(event));',
    exits: 'process.exit(3);',
  };
  const reactors = Object.fromEntries(
    await Promise.all(
      Object.entries(bad).map(async ([name, body]) => {
        const timeoutMs = name === 'hangs' ? 1_500 : 60_000;
        const source = `export default { timeoutMs: ${timeoutMs}, retry: { tries: 2, firstMs: 1, longestMs: 5 }, async react(event) { ${body} } };`;
        return [name, await codeReactor(file(t, source), { ...options, heapMb: 32 })] as const;
      }),
    ),
  );
  let ran = 0;
  const good = reactorOf(async ({ tag }) => void (tag === 'x' && ran++));
  const { engine, events } = await rig({ x: ['hangs', 'eats', 'exits', 'good'] }, { reactors: { ...reactors, good } });
  await events.fire({ tag: 'x', data: { id: 'w1' } });
  await until(() => ran === 1);
  t.true(
    engine.deadLetters().every(({ reactor }) => reactor !== 'x hangs'),
    'nobody waits for the one that hangs',
  );
  await until(() => engine.deadLetters().length === 3, 60_000);
  const dead = engine.deadLetters().map(({ reactor }) => reactor);
  t.deepEqual(
    dead.toSorted((a, b) => a.localeCompare(b)),
    ['x eats', 'x exits', 'x hangs'],
  );
  t.regex(engine.deadLetters().find(({ reactor }) => reactor === 'x exits')?.error ?? '', /exit code 3/);
  await engine.stop();
});

test('a reactor in TypeScript, with an import of its own: it reacts on any Node; a mistake in it is told with its place', async (t) => {
  const source = `import { note, type Note } from './note.ts';
    interface Event { readonly data: { readonly id: string } }
    export default { ${quick}, async react(event: Event, ctx: any): Promise<void> {
      await ctx.call('runner', 'note.down', note(event.data.id) satisfies Note);
    } };`;
  const reactor = file(t, source, 'reactor.ts');
  const note = 'export interface Note { readonly id: string }\nexport const note = (id: string): Note => ({ id });\n';
  writeFileSync(path.join(path.dirname(reactor), 'note.ts'), note);
  const { powers, called } = fakePowers();
  const { engine, events } = await rig({ x: ['r'] }, { reactors: { r: await codeReactor(reactor, options) }, powers });
  await events.fire({ tag: 'x', data: { id: 'w1' } });
  await until(() => called.length > 0);
  t.deepEqual(called, [{ fun: 'runner.note.down', arg: [], kwarg: { id: 'w1' } }]);
  await engine.stop();
  await t.throwsAsync(codeReactor(file(t, 'const x: number = ;\n', 'bad.ts'), options), {
    code: 'TS_REACTOR_BAD_CODE',
    message: /^\/.*bad\.ts:1:19: the reactor \/.*bad\.ts does not load: this is not TypeScript/,
  });
  await t.throwsAsync(codeReactor('/nowhere/at/all.ts', options), { code: 'TS_REACTOR_BAD_CODE', message: /ENOENT/ });
});

test('what config names: built-in reactors, files by their ending, and mistakes with the nearest name', async (t) => {
  const pool = renderPool(options);
  const open = reactorOpener({ config: {}, cachedir: os.tmpdir(), directory: os.tmpdir(), ...options, pool });
  t.is((await open('builtin:auth')).name, 'auth');
  t.is((await open('nodes/x.sls')).name, path.join(os.tmpdir(), 'nodes/x.sls'));
  await t.throwsAsync(open('builtin:oauth'), { code: 'TS_REACTOR_UNKNOWN_BUILTIN', message: /did you mean 'auth'/ });
  await t.throwsAsync(open('x.py'), { code: 'TS_REACTOR_UNKNOWN_KIND' });
  await t.throwsAsync(open('missing.mjs'), { code: 'TS_REACTOR_BAD_CODE', message: /missing\.mjs does not load/ });
  await t.throwsAsync(open(file(t, 'export default 7;')), { code: 'TS_REACTOR_BAD_CODE', message: /no reactor/ });
});

test('a reactor in code whose answer of once is too long to keep: it has failed, and is not done again', async (t) => {
  const source = `let done = 0;
    export default { ${quick}, react: async (event, ctx) => { await ctx.once('report', async () => \`\${++done} \${'a'.repeat(300_000)}\`); } };`;
  const reactor = await codeReactor(file(t, source), options);
  const { engine, events } = await rig({ x: ['r'] }, { reactors: { r: reactor } });
  await events.fire({ tag: 'x', data: {} });
  await until(async () => ['failed', 'dead'].includes((await engine.why(1))[0]?.decision ?? ''));
  const [record] = await engine.why(1);
  t.regex(record?.error ?? '', /'report' the answers of this reaction take 300\d{3} bytes, of at most 262144/);
  t.deepEqual([record?.decision, record?.attempts], ['failed', 1]);
  await engine.stop();
});
