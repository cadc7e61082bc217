import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { messageOf } from '../lib/errors/error.ts';
import { wireErrors } from '../lib/errors/wire.ts';
import {
  curveKeysOf,
  generateCurveKeys,
  generateIdentity,
  identityOf,
  x25519PrivateKey,
  type CurveKeys,
  type Identity,
} from './keys.ts';

/*
 * Private keys are PKCS#8 in PEM, as openssl reads and writes them, in files that nobody but their owner can read.
 */

/** The identity in a key file. Raises `TS_WIRE_KEY_UNREADABLE`, `TS_WIRE_KEY_OPEN`, `TS_WIRE_FOLDER_OPEN` or
 * `TS_WIRE_KEY_CORRUPT`. */
export function loadIdentity(file: string): Identity {
  return identityOf(loadPrivateKey(file, 'ed25519'));
}

/** The CURVE key pair in a key file; raises as `loadIdentity`. */
export function loadCurveKeys(file: string): CurveKeys {
  return curveKeysOf(loadPrivateKey(file, 'x25519'));
}

/** Writes an identity to a new file, safe on disk when it returns. Raises `TS_WIRE_KEY_EXISTS`. */
export function saveIdentity(file: string, identity: Identity): void {
  savePrivateKey(file, identity.privateKey);
}

export function saveCurveKeys(file: string, keys: CurveKeys): void {
  savePrivateKey(file, x25519PrivateKey(keys));
}

/** The identity in that file, made and saved if there is none yet; raises as `loadIdentity`. */
export function loadOrMakeIdentity(file: string): Identity {
  return loadOrMake(file, loadIdentity, generateIdentity, saveIdentity);
}

export function loadOrMakeCurveKeys(file: string): CurveKeys {
  return loadOrMake(file, loadCurveKeys, generateCurveKeys, saveCurveKeys);
}

/**
 * A master's key files in a directory, made if there are none yet. Minions know it by both keys: raises `TS_WIRE_KEY_ALONE`
 * for one without the other, as a new one would shut all of them out; else as `loadIdentity`.
 */
export function loadOrMakeMasterKeys(directory: string): { readonly identity: Identity; readonly curve: CurveKeys } {
  const files = ['master.pem', 'curve.pem'].map((name) => path.join(directory, name));
  const [there, ...both] = files.filter((file) => existsSync(file));
  const other = files.find((file) => file !== there) ?? '';
  if (there !== undefined && both.length === 0) {
    const hint = `put ${other} back from a copy; where no minion knows this master yet, delete ${there} too`;
    throw wireErrors.keyAlone({ path: there, other: path.basename(other) }, { hint });
  }
  const [identity = '', curve = ''] = files;
  return { identity: loadOrMakeIdentity(identity), curve: loadOrMakeCurveKeys(curve) };
}

function loadOrMake<T>(
  file: string,
  load: (file: string) => T,
  make: () => T,
  save: (file: string, keys: T) => void,
): T {
  try {
    return load(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const keys = make();
  save(file, keys);
  return keys;
}

/** Whether loading a key failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function loadPrivateKey(file: string, type: 'ed25519' | 'x25519'): KeyObject {
  const pem = readPrivate(file);
  const expected = `a private ${type} key (PEM, PKCS#8)`;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === type) return key;
  } catch (cause) {
    throw wireErrors.keyCorrupt({ path: file, expected }, { cause });
  }
  throw wireErrors.keyCorrupt({ path: file, expected });
}

function readPrivate(file: string): string {
  refuseOpenFolder(path.dirname(file));
  let handle: number;
  try {
    // O_NONBLOCK: a pipe laid in its place holds nobody up.
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw wireErrors.keyUnreadable({ path: file, reason: messageOf(cause) }, { cause });
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw wireErrors.keyUnreadable({ path: file, reason: 'it is no ordinary file' });
    const mode = stat.mode & 0o777;
    if ((mode & 0o077) !== 0) throw wireErrors.keyOpen({ path: file, mode }, { hint: `chmod 600 ${file}` });
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

/** Who can write to the folder of a key can put another key in its place. */
function refuseOpenFolder(folder: string): void {
  const mode = (statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o1777;
  if ((mode & 0o022) === 0) return;
  // Like /tmp: everybody's on purpose.
  const isShared = (mode & 0o1000) !== 0;
  const hint = isShared ? 'keys belong into a directory of your own' : `chmod go-w ${folder}`;
  throw wireErrors.folderOpen({ path: folder, mode }, { hint });
}

function savePrivateKey(file: string, key: KeyObject): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseOpenFolder(folder);
  const temporary = `${file}.${process.pid}.new`;
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    fchmodSync(handle, 0o600);
    // Root may make it for a master that is somebody else, whose folder it is.
    if (process.getuid?.() === 0) chownLike(handle, folder);
    writeFileSync(handle, key.export({ type: 'pkcs8', format: 'pem' }));
    fsyncSync(handle);
    // Not a rename: a key that is there already stays.
    linkSync(temporary, file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw wireErrors.keyExists({ path: file }, { cause });
    }
    throw cause;
  } finally {
    closeSync(handle);
    unlinkSync(temporary);
  }
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

function chownLike(handle: number, folder: string): void {
  const { uid, gid } = statSync(folder);
  fchownSync(handle, uid, gid);
}

/** A public key as PEM (SubjectPublicKeyInfo), for people and their tools. */
export function publicPem(identity: Identity): string {
  return createPublicKey(identity.privateKey).export({ type: 'spki', format: 'pem' }).toString();
}
