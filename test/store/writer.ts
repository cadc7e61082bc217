import { openStore } from '../../store/store.ts';

/*
 * Writes to the store named by its argument, and says on standard output what was acknowledged, until it is killed.
 * Each commit is an event and a value that names it.
 */
const store = await openStore({ directory: process.argv[2] ?? '', now: Date.now, segmentBytes: 64 * 1024 });
const bucket = store.bucket<{ event: number; n: number }>('writer');
let n = store.head() + 1;

async function write(): Promise<void> {
  for (;;) {
    const mine = n++;
    const event = { tag: 'writer', n: mine, pad: 'x'.repeat((mine * 37) % 600) };
    await store.commit([
      { kind: 'event', event },
      bucket.putNumbered(`k${mine % 50}`, (number) => ({ event: number - 1, n: mine })),
    ]);
    process.stdout.write(`${mine}\n`);
  }
}

process.stdout.write('ready\n');
await Promise.all(Array.from({ length: 8 }, write));
