import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { main } from '../../cli/main.ts';
import { captured, write } from '../states-engine/kit.ts';

/** Runs `tsalt check` on these files, in a directory of their own, which is `DIR` in them. */
export async function check(t: ExecutionContext, files: Record<string, string>, ...words: string[]) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(
    directory,
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll('DIR', directory)])),
  );
  const io = captured(directory);
  const code = await main(['check', '--config-dir', directory, '--id', 'web1', ...words], io);
  return { code, out: io.printed.out.replaceAll(`${directory}/`, ''), err: io.printed.err };
}
