import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { directoriesOf } from '../lib/config/directories.ts';
import type { JsonMap } from '../lib/json.ts';
import { loadIdentity } from '../wire/key-files.ts';
import type { LocalClient } from '../wire/local/client.ts';
import { proveOperator } from '../wire/operator-proof.ts';
import type { Io } from './io.ts';

/** Where the key of whoever runs this is when nobody says. */
export function usualKeyFile(io: Pick<Io, 'env'>): string {
  const person = { uid: process.getuid?.() ?? -1, home: os.homedir(), env: io.env };
  return path.join(directoriesOf(person).config, 'operator.pem');
}

/** The key file that was said, or the usual one where it is there. */
export function keyFileOf(said: string | undefined, io: Pick<Io, 'env' | 'cwd'>): string | undefined {
  if (said !== undefined) return path.resolve(io.cwd, said);
  const usual = usualKeyFile(io);
  return existsSync(usual) ? usual : undefined;
}

/**
 * Shows over a connection that the key in a file is ours. Without operators in its config a master does not ask. Raises
 * `TS_WIRE_KEY_...` for the file, and `TS_ACCESS_...` for a key that is no operator's.
 */
export async function proveWith(file: string, control: LocalClient, socketPath: string): Promise<void> {
  const identity = loadIdentity(file);
  const { challenge } = (await control.call('operator.challenge')) as JsonMap;
  if (typeof challenge !== 'string') return;
  const signature = proveOperator(identity, socketPath, Buffer.from(challenge, 'base64'));
  await control.call('operator.prove', {
    key: identity.publicKey.toString('base64'),
    signature: signature.toString('base64'),
  });
}
