import { diffieHellman, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { isMinionId, type MinionId } from '../lib/ids.ts';
import { Channel, type SessionKeys } from './channel.ts';
import { decodeMap, encode, type WireMap } from './codec.ts';
import { kinds, seal, tagLength, unseal, version } from './envelope.ts';
import { helloLimits } from './gate.ts';
import {
  ed25519PublicKey,
  generateCurveKeys,
  sha256,
  sign,
  signatureLength,
  verify,
  x25519PrivateKey,
  x25519PublicKey,
  type CurveKeys,
  type Identity,
} from './keys.ts';
import { checksToken, isTokenId, proveToken, type EnrolmentToken } from './token.ts';

/*
 * SIGMA-I: each side signs the transcript of an ephemeral key agreement and shows its identity only inside what that
 * agreement seals. No choices: one version, one suite.
 *   hello      minion -> master  version, kind, e_m 32, n_m 16
 *   challenge  master -> minion  version, kind, e_M 32, n_M 16, sealed(pub_M 32, time 8, signature 64)
 *   proof      minion -> master  version, kind, sealed(pub_m 32, signature 64, claim)
 * Everything after that is messages of a session, the verdict the first of them.
 */

/** What the minion says of itself; signed with its key. */
export interface Claim {
  readonly id: MinionId;
  readonly incarnation: string;
  readonly generation: number;
  readonly outbox: string;
  readonly tokenId: string | undefined;
  /** Its version of tsalt; those of 0.1.0 say none. */
  readonly version?: string | undefined;
}

/** Who stands behind a proof that was right. */
export interface Proven extends Claim {
  readonly publicKey: Buffer;
  readonly channel: Channel;
  proves(secret: Buffer): boolean;
}

export const helloLength = 50;
const challengeLength = helloLength + 32 + 8 + signatureLength + tagLength;
export const proofLimit = 4096;
const protocol = Buffer.from('tsalt/1 handshake\0');

interface Ephemeral {
  readonly privateKey: KeyObject;
  readonly open: Buffer;
}

/** What one side draws by chance for a handshake; tests that repeat a recorded one hand it in. */
export interface Chance {
  readonly keys: CurveKeys;
  /** 16 bytes. */
  readonly nonce: Buffer;
}

const draw = (): Chance => ({ keys: generateCurveKeys(), nonce: randomBytes(16) });

/** version, kind, ephemeral key, nonce: the part of hello and challenge that is in the open. */
function ephemeral(kind: number, { keys, nonce }: Chance): Ephemeral {
  const open = Buffer.concat([Buffer.from([version, kind]), keys.publicKey, nonce]);
  return { privateKey: x25519PrivateKey(keys), open };
}

/** The shared secret; undefined for a peer key that leads to none (a point of small order). */
function agree(privateKey: KeyObject, peerOpen: Buffer): Buffer | undefined {
  try {
    return diffieHellman({ privateKey, publicKey: x25519PublicKey(peerOpen.subarray(2, 34)) });
  } catch {
    return undefined;
  }
}

function derive(secret: Buffer, transcript: Buffer, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, transcript, `tsalt/1 ${purpose}`, length));
}

interface HandshakeKeys {
  readonly challenge: Buffer;
  readonly proof: Buffer;
}

function handshakeKeys(secret: Buffer, transcript: Buffer): HandshakeKeys {
  const all = derive(secret, transcript, 'handshake', 64);
  return { challenge: all.subarray(0, 32), proof: all.subarray(32) };
}

function sessionKeys(secret: Buffer, transcript: Buffer): SessionKeys {
  const all = derive(secret, transcript, 'session', 128);
  return {
    up: all.subarray(0, 32),
    down: all.subarray(32, 64),
    publish: all.subarray(64, 96),
    session: all.subarray(96, 112),
    topic: all.subarray(112),
  };
}

/** The minion's side: `hello` goes out, `answer` makes the proof of the challenge that comes back. */
export class MinionHandshake {
  readonly hello: Buffer;
  readonly #privateKey: KeyObject;
  readonly #self: Identity;
  readonly #masterFingerprint: Buffer;

  constructor(self: Identity, masterFingerprint: Buffer, chance = draw()) {
    const { privateKey, open } = ephemeral(kinds.hello, chance);
    this.#privateKey = privateKey;
    this.hello = open;
    this.#self = self;
    this.#masterFingerprint = masterFingerprint;
  }

  /** The proof to send and the channel it opens; or why the challenge is not from the master whose key is pinned. */
  answer(
    challenge: Buffer,
    claim: Omit<Claim, 'tokenId'>,
    token?: EnrolmentToken,
  ): { proof: Buffer; channel: Channel; masterTime: number } | { refused: string } {
    if (challenge.length !== challengeLength || challenge[0] !== version || challenge[1] !== kinds.challenge) {
      return { refused: 'its answer is not a challenge of this version' };
    }
    const open = challenge.subarray(0, helloLength);
    const secret = agree(this.#privateKey, open);
    if (!secret) return { refused: 'its ephemeral key is unusable' };
    const first = sha256(protocol, this.hello, open);
    const keys = handshakeKeys(secret, first);
    const plain = unseal(keys.challenge, 0n, open, challenge.subarray(helloLength));
    if (!plain) return { refused: 'its challenge was altered' };
    const masterRaw = plain.subarray(0, 32);
    if (!sha256(masterRaw).equals(this.#masterFingerprint)) {
      return { refused: 'its key is not the one that master_key names' };
    }
    const master = ed25519PublicKey(masterRaw);
    if (!verify('challenge', master, plain.subarray(40), first, plain.subarray(0, 40))) {
      return { refused: 'its signature is wrong' };
    }
    const second = sha256(first, challenge);
    const proof = this.#prove(keys, second, claim, token);
    const channel = new Channel(sessionKeys(secret, sha256(second, proof)), this.#self, master, 'up');
    return { proof, channel, masterTime: Number(plain.readBigUInt64BE(32)) };
  }

  #prove(keys: HandshakeKeys, second: Buffer, claim: Omit<Claim, 'tokenId'>, token?: EnrolmentToken): Buffer {
    const { publicKey } = this.#self;
    const { version: told, ...rest } = claim;
    const said: WireMap = { ...rest, ...(told !== undefined && { version: told }) };
    if (token) {
      said['tokenId'] = token.id;
      said['tokenProof'] = proveToken(token.secret, second, publicKey);
    }
    const body = encode(said, helloLimits);
    const signature = sign('proof', this.#self, second, publicKey, body);
    const head = Buffer.from([version, kinds.proof]);
    return Buffer.concat([head, seal(keys.proof, 0n, head, Buffer.concat([publicKey, signature, body]))]);
  }
}

/** The master's side of one handshake: made of a hello, gives the challenge, judges the proof. */
export class MasterHandshake {
  readonly challenge: Buffer;
  readonly #secret: Buffer;
  readonly #keys: HandshakeKeys;
  readonly #second: Buffer;
  readonly #self: Identity;

  /** Undefined for what is not a hello of this version, or leads to no shared secret. */
  static begin(hello: Buffer, self: Identity, nowMs: number, chance = draw()): MasterHandshake | undefined {
    if (hello.length !== helloLength || hello[0] !== version || hello[1] !== kinds.hello) return undefined;
    const { privateKey, open } = ephemeral(kinds.challenge, chance);
    const secret = agree(privateKey, hello);
    return secret && new MasterHandshake(hello, open, secret, self, nowMs);
  }

  private constructor(hello: Buffer, open: Buffer, secret: Buffer, self: Identity, nowMs: number) {
    const first = sha256(protocol, hello, open);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(nowMs))));
    const said = Buffer.concat([self.publicKey, time]);
    const signature = sign('challenge', self, first, said);
    this.#keys = handshakeKeys(secret, first);
    this.challenge = Buffer.concat([open, seal(this.#keys.challenge, 0n, open, Buffer.concat([said, signature]))]);
    this.#secret = secret;
    this.#second = sha256(first, this.challenge);
    this.#self = self;
  }

  /** Who proved to hold its key in this very handshake; or why nobody did. */
  judge(proof: Buffer): Proven | { refused: 'malformed' | 'altered' | 'unsigned' | 'undecodable' } {
    if (proof.length > proofLimit || proof[0] !== version || proof[1] !== kinds.proof) return { refused: 'malformed' };
    const plain = unseal(this.#keys.proof, 0n, proof.subarray(0, 2), proof.subarray(2));
    if (!plain) return { refused: 'altered' };
    const publicKey = Buffer.from(plain.subarray(0, 32));
    const body = plain.subarray(32 + signatureLength);
    let key: KeyObject;
    try {
      key = ed25519PublicKey(publicKey);
    } catch {
      return { refused: 'unsigned' };
    }
    const signature = plain.subarray(32, 32 + signatureLength);
    if (!verify('proof', key, signature, this.#second, publicKey, body)) return { refused: 'unsigned' };
    const said = decodeMap(body, helloLimits);
    const claim = said && claimOf(said);
    if (!claim) return { refused: 'undecodable' };
    const second = this.#second;
    const tokenProof = said['tokenProof'];
    return {
      ...claim,
      publicKey,
      channel: new Channel(sessionKeys(this.#secret, sha256(second, proof)), this.#self, key, 'down'),
      proves: (secret) => Buffer.isBuffer(tokenProof) && checksToken(secret, second, publicKey, tokenProof),
    };
  }
}

function claimOf(said: WireMap): Claim | undefined {
  const { id, incarnation, generation, outbox, tokenId, version: told } = said;
  if (!isMinionId(id) || !isName(incarnation) || !isName(outbox)) return undefined;
  if (typeof generation !== 'number' || !Number.isSafeInteger(generation) || generation < 0) return undefined;
  if (tokenId !== undefined && !isTokenId(tokenId)) return undefined;
  if (told !== undefined && !isVersion(told)) return undefined;
  return { id, incarnation, generation, outbox, tokenId, ...(told !== undefined && { version: told }) };
}

/** The random names a minion gives its process and its outbox. */
function isName(text: unknown): text is string {
  return typeof text === 'string' && /^[\w-]{1,64}$/.test(text);
}

function isVersion(text: unknown): text is string {
  return typeof text === 'string' && /^[\w.+~-]{1,64}$/.test(text);
}
