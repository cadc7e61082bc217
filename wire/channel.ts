import type { KeyObject } from 'node:crypto';
import { decodeMap, encode, type WireMap } from './codec.ts';
import {
  isSigned,
  readHeader,
  sealMessage,
  unsealMessage,
  type Direction,
  type Kind,
  type Unsealed,
} from './envelope.ts';
import type { Identity } from './keys.ts';

/** What both sides hold once the handshake is done; all of it comes out of the key agreement and its transcript. */
export interface SessionKeys {
  /** Names the session in headers; 16 bytes. */
  readonly session: Buffer;
  /** What its jobs are published under; 16 bytes that only the two know. */
  readonly topic: Buffer;
  readonly up: Buffer;
  readonly down: Buffer;
  readonly publish: Buffer;
}

/** Why a frame had no effect. */
export type Refusal =
  | 'malformed' // not a message of this version
  | 'foreign' // of another session, or going the other way
  | 'replayed' // its counter was used already
  | 'altered' // the seal does not open
  | 'unsigned' // the signature is not the peer's
  | 'gap' // messages before it are missing
  | 'undecodable'; // the gate refuses the body

export interface Refused {
  readonly refused: Refusal;
  readonly reason?: string;
}

export type Opened = { readonly kind: number; readonly body: WireMap } | Refused;

/** A message that is the peer's next one, and as it was sent. */
export interface Unverified {
  readonly kind: number;
  readonly message: Unsealed;
}

/** One end of a session: numbers, signs and seals what goes out, and lets in only the peer's next message. */
export class Channel {
  readonly keys: SessionKeys;
  /** Whose signatures count on it. */
  readonly peer: KeyObject;
  readonly #self: Identity;
  readonly #outward: Direction;
  #sent = 0n;
  #received = 0n;

  constructor(keys: SessionKeys, self: Identity, peer: KeyObject, outward: Direction) {
    this.keys = keys;
    this.#self = self;
    this.peer = peer;
    this.#outward = outward;
  }

  /** Raises `TS_WIRE_UNFIT` for a body that cannot travel; then nothing is numbered. */
  seal(kind: Kind, body: WireMap): Buffer {
    const bytes = encode(body);
    this.#sent += 1n;
    const header = { kind, session: this.keys.session, direction: this.#outward, counter: this.#sent };
    return sealMessage(header, this.keys[this.#outward], this.#self, bytes);
  }

  /** The peer's next message, if it is that; whether it is signed remains to be seen, and ends the session if it is not. */
  unseal(frame: Buffer): Unverified | Refused {
    const header = readHeader(frame);
    if (!header) return { refused: 'malformed' };
    if (header.direction === this.#outward || !header.session.equals(this.keys.session)) return { refused: 'foreign' };
    if (header.counter <= this.#received) return { refused: 'replayed' };
    const message = unsealMessage(frame, header.counter, this.keys[header.direction]);
    if (typeof message === 'string') return { refused: message };
    if (header.counter !== this.#received + 1n) return { refused: 'gap' };
    this.#received = header.counter;
    return { kind: header.kind, message };
  }

  /** What the peer's next message says. A message that is not signed has moved nothing. */
  open(frame: Buffer): Opened {
    const sealed = this.unseal(frame);
    if ('refused' in sealed) return sealed;
    if (isSigned(sealed.message, this.peer)) return read(sealed);
    this.#received -= 1n;
    return { refused: 'unsigned' };
  }
}

/** What a message says that is signed. */
export function read({ kind, message }: Unverified): Opened {
  const body = decodeMap(message.body);
  return body ? { kind, body } : { refused: 'undecodable' };
}
