import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { tryLock } from '../../lib/process-lock.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-lock-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Another process that takes the lock, says so, and holds it until it is killed. */
async function otherHolder(file: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const module = new URL('../../lib/process-lock.js', import.meta.url).href;
  const code = `const {tryLock} = await import(${JSON.stringify(module)}); console.log(tryLock(${JSON.stringify(file)}, 'state.apply').held); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('lock: a second taker is told who has it, and gets it once it is released', (t) => {
  const file = path.join(folder, 'released.lock');
  const first = tryLock(file, 'state.highstate');
  const second = tryLock(file, 'state.apply');
  t.true(first.held);
  t.like(second, { held: false, holder: { pid: process.pid, purpose: 'state.highstate' } });
  if (first.held) first.release();
  t.false(existsSync(file));
  t.true(tryLock(file, 'state.apply').held);
});

test('lock: while its holder lives it is not taken; left by a killed one it is', async (t) => {
  const file = path.join(folder, 'killed.lock');
  const holder = await otherHolder(file);
  t.like(tryLock(file, 'mine'), { held: false, holder: { pid: holder.pid, purpose: 'state.apply' } });
  await holder.kill();
  const taken = tryLock(file, 'mine');
  t.true(taken.held);
  if (taken.held) taken.release();
  t.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('killed')),
    [],
    'nothing is left behind',
  );
});
