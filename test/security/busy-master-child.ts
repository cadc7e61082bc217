import { existsSync } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import { silent } from '../../lib/log.ts';
import { generateCurveKeys, generateIdentity } from '../../wire/keys.ts';
import { listen } from '../../wire/listen.ts';

/* A master that does nothing until a file is there, while what is below it goes on: its parent sees whether it lives. */

/** A minute: its parent may have died. */
const MOST_TURNS = 3_000;

const curve = generateCurveKeys();
const nothing = (): void => {};
const link = await listen(
  {
    interface: '127.0.0.1',
    publishPort: 0,
    requestPort: 0,
    identity: generateIdentity(),
    curve,
    clock: systemClock,
    log: silent,
  },
  {
    admit: () => ({ act: 'pend', reason: '' }),
    opened: nothing,
    received: nothing,
    asked: () => Promise.resolve({}),
    room: nothing,
    closed: nothing,
  },
);
process.on('message', (file) => {
  const moment = new Int32Array(new SharedArrayBuffer(4));
  for (let turn = 0; turn < MOST_TURNS && !existsSync(String(file)); turn++) Atomics.wait(moment, 0, 0, 20);
  // What came meanwhile is read first.
  setTimeout(() => process.send?.('still here'), 500);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: link.ports.request, publicKey: curve.publicKey.toString('hex') });
