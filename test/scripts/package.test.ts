import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    'custom-child.cjs',
    'module-tools.cjs',
    'orchestrate-child.cjs',
    'plugins.d.ts',
    'plugins.mjs',
    'render-child.cjs',
    'returner-child.cjs',
    'runner-child.cjs',
    'states.d.ts',
    'states.mjs',
    'table-check-child.cjs',
    'tsalt.cjs',
  ]);
  symlinkSync(path.join(root, 'node_modules'), path.join(unpacked, 'node_modules'));
  const tsalt = path.join(unpacked, 'bin', 'tsalt.cjs');
  const { stdout } = await run(process.execPath, [tsalt, 'demo', '--once']);
  t.regex(stdout, /✔ 7 its stats arrive/);

  // A project of state files in TypeScript that has the package.
  const project = path.join(place, 'project');
  mkdirSync(path.join(project, 'node_modules'), { recursive: true });
  symlinkSync(unpacked, path.join(project, 'node_modules', 'tsalt'));
  const source = `import { defineStates } from 'tsalt/states';
export default defineStates({ x: { 'test.nop': { usr: 1 } }, y: 'test.nop' });
`;
  writeFileSync(path.join(project, 'web.ts'), source);
  writeFileSync(path.join(project, 'web.sls'), "#!ts\nexport { default } from './web.ts';\n");
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiler = ['--noEmit', '--strict', '--module', 'nodenext', '--types', '', 'web.ts'];
  const told: unknown = await run(process.execPath, [tsc, ...compiler], { cwd: project }).catch(
    (error: unknown) => error,
  );
  t.regex(String((told as { stdout?: string }).stdout), /^web\.ts\(2,50\): .*'usr' does not exist in type/);
  const mistake: unknown = await run(process.execPath, [tsalt, 'check', project]).catch((error: unknown) => error);
  t.regex(String((mistake as { stdout?: string }).stdout), /web\.ts:2:50: test\.nop has no argument 'usr'/);
});
