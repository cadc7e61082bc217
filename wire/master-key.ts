import { wireErrors } from '../lib/errors/wire.ts';
import { formatFingerprint, sha256, type CurveKeys, type Identity } from './keys.ts';

/** What a minion has to know of its master before it says a word. */
export interface MasterKey {
  /** Raw CURVE public key, 32 bytes. */
  readonly curve: Buffer;
  /** SHA-256 of the master's Ed25519 public key, 32 bytes. */
  readonly fingerprint: Buffer;
}

const prefix = 'tsalt1';
const example = `${prefix}.<43 characters>.<43 characters>.<6 characters>, as 'tsalt key finger --master' prints it`;

export function masterKeyOf(identity: Identity, curve: CurveKeys): MasterKey {
  return { curve: curve.publicKey, fingerprint: sha256(identity.publicKey) };
}

/** `tsalt1.<CURVE public key>.<SHA-256 of the Ed25519 public key>.<check>`, base64url; safe in YAML, shells and URLs. */
export function formatMasterKey({ curve, fingerprint }: MasterKey): string {
  const text = `${prefix}.${curve.toString('base64url')}.${fingerprint.toString('base64url')}`;
  return `${text}.${check(text)}`;
}

/** The one parser of `master_key`. Raises `TS_WIRE_BAD_MASTER_KEY`. */
export function parseMasterKey(text: string): MasterKey {
  const fail = (reason: string) => wireErrors.badMasterKey({ reason }, { hint: `expected ${example}` });
  if (/^([0-9a-f]{2}:){31}[0-9a-f]{2}$/i.test(text)) {
    throw fail('it is a fingerprint alone, without the key that opens the line');
  }
  const parts = text.split('.');
  const [name, curve = '', fingerprint = '', sum = ''] = parts;
  if (name !== prefix) throw fail(`it begins with ${JSON.stringify(String(name).slice(0, 20))}, not with '${prefix}.'`);
  if (parts.length !== 4) throw fail(`it has ${parts.length} parts between dots, not 4`);
  for (const [which, part] of Object.entries({ second: curve, third: fingerprint })) {
    if (!/^[\w-]{43}$/.test(part)) throw fail(`its ${which} part is not 43 characters of base64url`);
  }
  if (sum !== check(`${name}.${curve}.${fingerprint}`))
    throw fail('a character of it is wrong (its check does not fit)');
  return { curve: Buffer.from(curve, 'base64url'), fingerprint: Buffer.from(fingerprint, 'base64url') };
}

/** The part of it that people compare with `tsalt key finger`. */
export function masterFingerprint(key: MasterKey): string {
  return formatFingerprint(key.fingerprint);
}

/** Against slips of the hand only. */
function check(text: string): string {
  return sha256(Buffer.from(text)).toString('base64url').slice(0, 6);
}
