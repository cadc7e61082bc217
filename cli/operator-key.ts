import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { directoriesOf } from '../lib/config/directories.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';
import { isMissing, loadIdentity } from '../wire/key-files.ts';
import type { Identity } from '../wire/keys.ts';
import type { LocalClient } from '../wire/local/client.ts';
import { proveOperator } from '../wire/operator-proof.ts';
import type { Io } from './io.ts';
import { nearestBeside } from './nearest-file.ts';

/** Where the key of whoever runs this is when nobody says. */
export function usualKeyFile(io: Pick<Io, 'env'>): string {
  const person = { uid: process.getuid?.() ?? -1, home: os.homedir(), env: io.env };
  return path.join(directoriesOf(person).config, 'operator.pem');
}

/** A key file, and the option or variable that names it. */
export interface KeyFile {
  readonly path: string;
  /** Undefined for the usual one. */
  readonly by?: string;
}

/** The key file that was said, or the usual one where it is there. */
export function keyFileOf(said: KeyFile | undefined, io: Pick<Io, 'env' | 'cwd'>): KeyFile | undefined {
  if (said) return { ...said, path: path.resolve(io.cwd, said.path) };
  const usual = usualKeyFile(io);
  return existsSync(usual) ? { path: usual } : undefined;
}

/** The key in a file. Raises `TS_CLI_NO_KEY_FILE`, and what else is wrong with it as `loadIdentity`. */
export function operatorKey({ path: file, by }: KeyFile): Identity {
  try {
    return loadIdentity(file);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    const make = `'tsalt operator keygen ${file}' makes a key, and prints the line for 'operators' of the master's config`;
    const near = didYouMean(nearestTo(file));
    throw cliErrors.noKeyFile({ path: file, by }, { hint: near === undefined ? make : `${near} Else ${make}` });
  }
}

function nearestTo(file: string): string | undefined {
  const near = nearestBeside(file);
  return near === undefined ? undefined : path.join(path.dirname(file), near);
}

/**
 * Shows over a connection that the key in a file is ours. Without operators in its config a master does not ask. Raises
 * `TS_CLI_NO_KEY_FILE`, `TS_WIRE_KEY_...` for the file, and `TS_ACCESS_...` for a key that is no operator's.
 */
export async function proveWith(file: KeyFile, control: LocalClient, socketPath: string): Promise<void> {
  const identity = operatorKey(file);
  const { challenge } = (await control.call('operator.challenge')) as JsonMap;
  if (typeof challenge !== 'string') return;
  const signature = proveOperator(identity, socketPath, Buffer.from(challenge, 'base64'));
  await control.call('operator.prove', {
    key: identity.publicKey.toString('base64'),
    signature: signature.toString('base64'),
  });
}
