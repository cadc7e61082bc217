import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';

const launcher = path.resolve(import.meta.dirname, '..', '..', '..', 'bin', 'tsalt.cjs');

/** An installation whose program prints `answer` and ends with `code`. */
function install(t: ExecutionContext) {
  const root = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, 'bin'));
  mkdirSync(path.join(root, 'dist', 'cli'), { recursive: true });
  copyFileSync(launcher, path.join(root, 'bin', 'tsalt.cjs'));
  const program = (answer: string) =>
    `exports.main = async (argv) => { console.log(${JSON.stringify(answer)}, ...argv); return 7; };`;
  return {
    root,
    bundle: (answer: string) => writeFileSync(path.join(root, 'dist', 'tsalt.cjs'), program(answer)),
    modules: (answer: string) => {
      writeFileSync(path.join(root, 'package.json'), '{"type": "module"}');
      writeFileSync(
        path.join(root, 'dist', 'cli', 'main.js'),
        program(answer).replace('exports.main =', 'export const main ='),
      );
    },
    caches: () => readdirSync(path.join(root, 'dist')).filter((name) => name.endsWith('.cache')),
    start: async (...argv: string[]) => {
      const failure = await promisify(execFile)(process.execPath, [path.join(root, 'bin', 'tsalt.cjs'), ...argv]).then(
        () => t.fail('it ends with 7'),
        (error: { code: number; stdout: string }) => error,
      );
      return typeof failure === 'object' ? `${failure.code} ${failure.stdout}` : '';
    },
  };
}

test('launcher: the bundle, run with arguments and exit code, its compiled code kept for the next start', async (t) => {
  const { bundle, caches, start } = install(t);
  bundle('one');
  t.is(await start('a', 'b c'), '7 one a b c\n');
  t.is(caches().length, 1);
  t.is(await start(), '7 one\n');
  t.is(caches().length, 1);
});

test('launcher: a changed bundle of the same length, the new one runs and the old compiled code goes', async (t) => {
  const { bundle, caches, start } = install(t);
  bundle('one');
  await start();
  const [old] = caches();
  bundle('two');
  t.is(await start(), '7 two\n');
  t.is(caches().length, 1);
  t.not(caches()[0], old);
});

test('launcher: a bundle that says its hash, another one by that and by when it was written', async (t) => {
  const { root, bundle, caches, start } = install(t);
  const stamped = (hash: string, answer: string) => {
    bundle(answer);
    const file = path.join(root, 'dist/tsalt.cjs');
    writeFileSync(file, `// ${hash}\n${readFileSync(file, 'utf8')}`);
  };
  stamped('a'.repeat(32), 'one');
  t.is(await start(), '7 one\n');
  t.true(caches()[0]?.startsWith(`.tsalt-${'a'.repeat(32)}-`), caches().join());
  t.is(await start('x'), '7 one x\n');
  stamped('a'.repeat(32), 'two');
  utimesSync(path.join(root, 'dist/tsalt.cjs'), 1, 1);
  t.is(await start(), '7 two\n', 'edited by hand, of the same length');
  stamped('b'.repeat(32), 'six');
  utimesSync(path.join(root, 'dist/tsalt.cjs'), 1, 1);
  t.is(await start(), '7 six\n', 'another version with the same time, as packages have it');
  t.is(caches().length, 1);
});

test('launcher: no bundle, the compiled modules run', async (t) => {
  const { modules, caches, start } = install(t);
  modules('modules');
  t.is(await start('x'), '7 modules x\n');
  t.deepEqual(caches(), []);
});
