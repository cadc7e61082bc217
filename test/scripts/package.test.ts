import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..', '..', '..');

test('package: what npm pack makes runs as it is, a master with pillar and minions included', async (t) => {
  const place = mkdtempSync(path.join(tmpdir(), 'tsalt-pack-'));
  t.teardown(() => rmSync(place, { recursive: true, force: true }));
  // The bundle is made by the run that this test is a part of.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', place], { cwd: root });
  const [archive = ''] = readdirSync(place);
  await run('tar', ['-xzf', path.join(place, archive), '-C', place]);
  const unpacked = path.join(place, 'package');
  t.deepEqual(readdirSync(path.join(unpacked, 'dist')).sort(), [
    'code-child.cjs',
    'module-tools.cjs',
    'render-child.cjs',
    'tsalt.cjs',
  ]);
  symlinkSync(path.join(root, 'node_modules'), path.join(unpacked, 'node_modules'));
  const tsalt = path.join(unpacked, 'bin', 'tsalt.cjs');
  const { stdout } = await run(process.execPath, [tsalt, 'demo', '--once']);
  t.regex(stdout, /✔ 7 its stats arrive/);
});
