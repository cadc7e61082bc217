import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

export interface SmallDisk {
  readonly directory: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives that space back. */
  free(): void;
}

/** A file system of some megabytes, which root alone can have. It is gone after the test. */
export function smallDisk(t: Pick<ExecutionContext, 'teardown'>, megabytes: number): SmallDisk {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-disk-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory]);
  t.teardown(() => execFileSync('umount', ['--lazy', directory]));
  const filler = path.join(directory, 'filler');
  return {
    directory,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (const page = Buffer.alloc(4096, 1); ;) writeSync(file, page);
      } catch {
        // It is full: that was the purpose.
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
  };
}
