import { randomBytes } from 'node:crypto';
import { ed25519PublicKey, generateIdentity, sign, verify } from '../wire/keys.ts';
import { report, shown } from './report.ts';

const COUNT = 2000;

/** What signing each message costs each side: CPU microseconds, for a message of 300 bytes. */
export function signing(): void {
  const identity = generateIdentity();
  const key = ed25519PublicKey(identity.publicKey);
  const message = randomBytes(300);
  const signature = sign('message', identity, message);
  const signed = microseconds(() => void sign('message', identity, message));
  const verified = microseconds(() => {
    if (!verify('message', key, signature, message)) throw new Error('a good signature was refused');
  });
  report('signing, each message of 300 bytes', {
    notes: [`Ed25519 by node:crypto: sign ${shown(signed)}, verify ${shown(verified)} microseconds of CPU`],
  });
}

function microseconds(work: () => void): number {
  for (let warm = 0; warm < COUNT / 4; warm++) work();
  const before = process.cpuUsage();
  for (let index = 0; index < COUNT; index++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / COUNT;
}
