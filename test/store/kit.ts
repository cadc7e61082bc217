import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { realFiles, type StoreFiles } from '../../store/files.ts';
import { openStore, type Store } from '../../store/store.ts';
import { folder, mounted } from './folder.ts';

/** An open store, which is closed after the test. */
export async function store(t: ExecutionContext, directory: string, segmentBytes = 1024 * 1024): Promise<Store> {
  const opened = await openStore({ directory, now: () => 0, segmentBytes });
  t.teardown(() => opened.close());
  return opened;
}

/** The keys of the bucket `b`. */
export function keysIn(opened: Store): string[] {
  return opened
    .bucket('b')
    .scan()
    .map(({ key }) => key);
}

/** What the events above a number say that they are. */
export async function events(opened: Store, after = 0): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of opened.events(after)) all.push(...piece.map(({ event }) => Number(event['n'])));
  return all;
}

/** A directory with so much room; undefined where there can be none. */
export function smallRoom(t: ExecutionContext, size: string): string | undefined {
  const room = folder(t);
  if (!mounted(room, size)) {
    t.log('skipped: no tmpfs can be mounted here (it takes root)');
    t.pass();
    return undefined;
  }
  t.teardown(() => execFileSync('umount', ['-l', room]));
  return room;
}

/** Real files, of which no sync succeeds while `isFailing`. */
export function failingDisk() {
  const disk = {
    isFailing: false,
    files: {
      ...realFiles,
      async open(file, flags) {
        const real = await realFiles.open(file, flags);
        return {
          write: (...args) => real.write(...args),
          truncate: (length) => real.truncate(length),
          close: () => real.close(),
          async datasync() {
            if (disk.isFailing) throw new Error('EIO');
            await real.datasync();
          },
        };
      },
    } satisfies StoreFiles,
  };
  return disk;
}

export const event = (n: number) => ({ kind: 'event', event: { n } }) as const;
