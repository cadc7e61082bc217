import { randomBytes, type KeyObject } from 'node:crypto';
import { isJid } from '../lib/ids.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import { decodeJson, decodeMap, encode, encodeJson, type WireMap } from './codec.ts';
import type { SessionKeys } from './channel.ts';
import { headerLength, kinds, readHeader, seal, unseal, writeHeader } from './envelope.ts';
import { sha256, sign, signatureLength, verify, type Identity } from './keys.ts';
import { hashTree, leadsToRoot, leafHash } from './tree.ts';
import type { JobArguments, JobManifest } from './types.ts';

/*
 * A job as it is published: one manifest signed once for all targets; its root stands for every target's key and
 * arguments. The frame of one target:
 *   header 27 (its counter is the session's next number), manifest length 2, manifest, signature 64,
 *   index 4, path length 1, path 32 each, sealed(salt 16, arguments)
 * All that is before the sealed part is its associated data.
 */

const saltLength = 16;

export interface JobTarget {
  /** SHA-256 of the minion's Ed25519 public key. */
  readonly fingerprint: Buffer;
  readonly args: JobArguments;
}

/** A job signed for its targets, before it is cut into frames. */
export interface SignedJob {
  /** The frame for the target of that index. */
  frame(index: number, keys: SessionKeys, number: bigint): Buffer;
}

/** Raises `TS_WIRE_UNFIT` when some target's arguments cannot travel; then nothing was signed. */
export function signJob(
  manifest: JobManifest,
  targets: readonly JobTarget[],
  master: Identity,
  salt = (): Buffer => randomBytes(saltLength),
): SignedJob {
  const plain = targets.map(({ args }) =>
    Buffer.concat([salt(), encodeJson({ arg: [...args.arg], kwarg: args.kwarg })]),
  );
  const tree = hashTree(targets.map(({ fingerprint }, i) => leafHash(fingerprint, plain[i] ?? Buffer.alloc(0))));
  const bytes = encode({ ...manifest, targets: targets.length, root: tree.root });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  const signed = Buffer.concat([length, bytes, sign('job', master, bytes)]);
  return {
    frame(index, keys, number) {
      const path = tree.path(index);
      const place = Buffer.alloc(5);
      place.writeUInt32BE(index);
      place[4] = path.length;
      const head = writeHeader({ kind: kinds.job, session: keys.session, direction: 'down', counter: number });
      const open = Buffer.concat([head, signed, place, ...path]);
      return Buffer.concat([open, seal(keys.publish, number, open, plain[index] ?? Buffer.alloc(0))]);
    },
  };
}

export interface OpenedJob {
  readonly number: bigint;
  readonly manifest: JobManifest;
  readonly args: JobArguments;
}

/** The number of a frame that claims to be a job for this session; nothing about it is proved yet. */
export function claimedNumber(frame: Buffer, session: Buffer): bigint | 'malformed' | 'foreign' {
  const header = readHeader(frame);
  if (!header || header.kind !== kinds.job || header.direction !== 'down') return 'malformed';
  return header.session.equals(session) ? header.counter : 'foreign';
}

/** The job in a frame, once seal, signature and the place among the targets are right; else which of them is not. */
export function openJob(
  frame: Buffer,
  keys: SessionKeys,
  master: KeyObject,
  self: Buffer,
): OpenedJob | 'malformed' | 'foreign' | 'altered' | 'unsigned' | 'undecodable' {
  const number = claimedNumber(frame, keys.session);
  if (typeof number === 'string') return number;
  const parts = cut(frame);
  if (!parts) return 'malformed';
  const plain = unseal(keys.publish, number, parts.open, parts.sealed);
  if (!plain) return 'altered';
  if (!verify('job', master, parts.signature, parts.manifest)) return 'unsigned';
  const said = decodeMap(parts.manifest);
  const manifest = said && manifestOf(said);
  const args = argumentsOf(decodeJson(plain.subarray(saltLength)));
  if (!manifest || !args) return 'undecodable';
  const { targets, root } = said;
  if (typeof targets !== 'number' || !Buffer.isBuffer(root)) return 'undecodable';
  const leaf = leafHash(sha256(self), plain);
  return leadsToRoot(leaf, parts.index, targets, parts.path, root) ? { number, manifest, args } : 'unsigned';
}

interface Parts {
  readonly manifest: Buffer;
  readonly signature: Buffer;
  readonly index: number;
  readonly path: Buffer[];
  readonly open: Buffer;
  readonly sealed: Buffer;
}

function cut(frame: Buffer): Parts | undefined {
  const manifestAt = headerLength + 2;
  if (frame.length < manifestAt) return undefined;
  const signatureAt = manifestAt + frame.readUInt16BE(headerLength);
  const placeAt = signatureAt + signatureLength;
  if (frame.length < placeAt + 5) return undefined;
  const sealedAt = placeAt + 5 + 32 * (frame[placeAt + 4] ?? 0);
  if (frame.length < sealedAt) return undefined;
  const path: Buffer[] = [];
  for (let at = placeAt + 5; at < sealedAt; at += 32) path.push(frame.subarray(at, at + 32));
  return {
    manifest: frame.subarray(manifestAt, signatureAt),
    signature: frame.subarray(signatureAt, placeAt),
    index: frame.readUInt32BE(placeAt),
    path,
    open: frame.subarray(0, sealedAt),
    sealed: frame.subarray(sealedAt),
  };
}

function manifestOf({ jid, fun, expires, user }: WireMap): JobManifest | undefined {
  if (!isJid(jid) || typeof fun !== 'string' || typeof expires !== 'number' || typeof user !== 'string')
    return undefined;
  return { jid, fun, expires, user };
}

function argumentsOf(said: JsonMap | undefined): JobArguments | undefined {
  const arg = said?.['arg'];
  const kwarg = said?.['kwarg'];
  return Array.isArray(arg) && isMap(kwarg) ? { arg, kwarg } : undefined;
}
