import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const script = pathToFileURL(path.join(root, 'scripts', 'ava.mjs')).href;

test('counts: a run of passing, failing, skipped and hanging tests, each is counted from what AVA says', async (t) => {
  const project = mkdtempSync(path.join(tmpdir(), 'tsalt-counts-'));
  t.teardown(() => rmSync(project, { recursive: true }));
  symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
  writeFileSync(path.join(project, 'package.json'), '{"type": "module", "ava": {"files": ["*.js"], "timeout": "60s"}}');
  const file = (name: string, body: string): void =>
    writeFileSync(path.join(project, name), `import test from 'ava';\n${body}\n`);
  const program = path.join(project, 'program.mjs');
  writeFileSync(
    program,
    `import { ava } from '${script}'; process.send(await ava(process.argv.slice(2))); process.disconnect();`,
  );
  const run = async (...args: string[]): Promise<unknown> => {
    const child = fork(program, args, { cwd: project, silent: true });
    const [messages]: unknown[][] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
    return messages?.[0];
  };
  file('good.js', "test('a', (t) => t.pass()); test('b', (t) => t.pass()); test.skip('s', (t) => t.fail());");
  t.deepEqual(await run(), { code: 0, passed: 2, failed: 0, skipped: 1 });
  file(
    'bad.js',
    "test('c', (t) => t.fail()); test('d', (t) => t.pass()); test.after.always(() => { throw new Error('e'); });",
  );
  t.deepEqual(await run(), { code: 1, passed: 3, failed: 2, skipped: 1 });
  file('bad.js', "test('f', () => new Promise((resolve) => setTimeout(resolve, 60_000)));");
  t.deepEqual(await run('--timeout=8s', 'bad.js'), { code: 1, passed: 0, failed: 1, skipped: 0 });
});
