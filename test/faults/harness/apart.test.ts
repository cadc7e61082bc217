import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { eventually } from '../../kit/eventually.ts';
import { runApart } from './apart.ts';
import { rows } from './rows.ts';

/** Processes that were started with this in their environment. */
function startedWith(setting: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(setting);
    } catch {
      // It is gone, or another user's.
      return false;
    }
  });
}

test('a run of the fault matrix that does not end in its time is ended, with all that it has started, and is wrong', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-apart-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  process.env['TMPDIR'] = directory;
  const [row] = rows;
  t.truthy(row);
  if (!row) return;
  const result = await runApart(row, 1, 4_000);
  t.deepEqual(result.wrong, ['the run did not end within 4 s']);
  t.true(existsSync(path.dirname(result.kept ?? '')));
  await eventually(() => startedWith(`TMPDIR=${directory}`).length === 0);
});
