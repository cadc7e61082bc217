import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { renderPool } from '../../master/pool/render-pool.ts';
import { eventually } from '../kit/eventually.ts';

/** A pillar whose source is a command that ends at nothing it is told, and has a child. Gives the process ids of both, too. */
function hanging(t: ExecutionContext): { work: JsonMap; pids: () => readonly number[] | undefined } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'pids');
  const script = 'trap "" TERM; sleep 600 & echo "$$ $!" >"$1.new" && mv "$1.new" "$1"; wait; sleep 600';
  const ext_pillar = [{ name: 'cmd_yaml', args: ['sh', '-c', script, 'sh', file] }];
  const settings = { ext_pillar, state_top: 'top.sls', nodegroups: {}, pillar_source_merging_strategy: 'smart' };
  return {
    work: { id: 'web1', grains: {}, request: {}, roots: {}, opts: {}, settings },
    pids: () => (existsSync(file) ? readFileSync(file, 'utf8').split(' ').map(Number) : undefined),
  };
}

const isGone = (pid: number): boolean => !existsSync(`/proc/${String(pid)}`);

test('a source of pillar that hangs: its command is gone, with what it started, when its time is over', async (t) => {
  const pool = renderPool({ clock: systemClock, log: silent, deadlineMs: 5_000 });
  t.teardown(() => pool.stop());
  const { work, pids } = hanging(t);
  await t.throwsAsync(pool.run('pillar of web1', 'pillar', work), { code: 'TS_REACTOR_WORKER_DEADLINE' });
  const [command = 0, child = 0] = await eventually(pids);
  await eventually(() => isGone(command) && isGone(child));
  t.pass();
});

test('a source of pillar that hangs: its command is gone, with what it started, when the master stops', async (t) => {
  const pool = renderPool({ clock: systemClock, log: silent });
  const { work, pids } = hanging(t);
  const made = t.throwsAsync(pool.run('pillar of web1', 'pillar', work), { code: 'TS_REACTOR_WORKER_DIED' });
  const [command = 0, child = 0] = await eventually(pids);
  pool.stop();
  await made;
  await eventually(() => isGone(command) && isGone(child));
  t.pass();
});

test('a source of pillar that hangs: reactions are rendered meanwhile', async (t) => {
  const pool = renderPool({ clock: systemClock, log: silent, size: 1 });
  t.teardown(() => pool.stop());
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'r.sls');
  writeFileSync(file, 'hi:\n  local.test.ping:\n    - tgt: web1\n');
  const { work, pids } = hanging(t);
  let isOver = false;
  const made = pool.run('pillar of web1', 'pillar', work).catch(() => (isOver = true));
  await eventually(pids);
  await pool.run(file, 'reactions', { file, tag: 'x', data: {} });
  t.false(isOver);
  pool.stop();
  await made;
});

for (const [when, ending] of [
  ['exits at once after its stop', 'pool.stop(); process.exit(0);'],
  ['is killed', "process.kill(process.pid, 'SIGKILL');"],
] as const) {
  test(`a rendering without end: its process is gone when that of the master ${when}`, async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, 'top.sls'), "base: {'*': [endless]}\n");
    writeFileSync(path.join(folder, 'endless.sls'), '#!ts\nwhile (true);\nexport default {};\n');
    const work = { ...hanging(t).work, roots: { base: [folder] } };
    const module = (name: string) => JSON.stringify(new URL(`../../${name}`, import.meta.url).href);
    const program = `
    import { readFileSync } from 'node:fs';
    const { renderPool } = await import(${module('master/pool/render-pool.js')});
    const { systemClock } = await import(${module('lib/clock.js')});
    const pool = renderPool({ clock: systemClock, log() {} });
    pool.run('pillar of web1', 'pillar', ${JSON.stringify(work)}).catch(() => {});
    const children = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
    const busy = (pid) => Number(readFileSync('/proc/' + pid + '/stat', 'utf8').split(' ')[13]) > 100;
    const timer = setInterval(() => {
      const child = children();
      if (child === '' || !busy(child)) return;
      clearInterval(timer);
      console.log(child);
      ${ending}
    }, 50);
  `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]).catch(
      (error: unknown) => error as { stdout: string },
    );
    await eventually(() => isGone(Number(stdout)));
    t.regex(stdout, /^\d+$/m);
  });
}
