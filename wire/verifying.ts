import type { KeyObject } from 'node:crypto';
import type { Unverified } from './channel.ts';
import { isSigned, isSignedLater, type Unsealed } from './envelope.ts';

/** Signatures that Node's threads have to verify at most, of all peers together: enough that they never wait for more. */
const mostGiven = 64;
/** Messages of one peer that may wait for the one before them. With more, the threads hang, and are not waited for. */
const mostWaiting = 128;

/** Who verifies signatures meanwhile; false: not now, there is enough to do. */
export interface Threads {
  verify(message: Unsealed, signer: KeyObject, done: (signed: boolean) => void): boolean;
}

/** The threads that Node has for such work. */
export class VerifyingThreads implements Threads {
  #given = 0;

  /** How many signatures they have to verify. */
  get given(): number {
    return this.#given;
  }

  verify(message: Unsealed, signer: KeyObject, done: (signed: boolean) => void): boolean {
    if (this.#given >= mostGiven) return false;
    this.#given++;
    isSignedLater(message, signer, (signed) => {
      this.#given--;
      done(signed);
    });
    return true;
  }
}

interface Waiting {
  readonly unverified: Unverified;
  signed: boolean | undefined;
}

/**
 * The messages of one peer: verified on other threads or, when these have enough to do, here; given on in the order they came.
 * With one processor's work for each message, two processors take twice as many.
 */
export class Verifying {
  readonly #threads: Threads;
  readonly #signer: KeyObject;
  readonly #verified: (message: Unverified, signed: boolean) => void;
  readonly #waiting: Waiting[] = [];

  constructor(threads: Threads, signer: KeyObject, verified: (message: Unverified, signed: boolean) => void) {
    this.#threads = threads;
    this.#signer = signer;
    this.#verified = verified;
  }

  push(unverified: Unverified): void {
    const waiting: Waiting = { unverified, signed: undefined };
    this.#waiting.push(waiting);
    const given = this.#threads.verify(unverified.message, this.#signer, (signed) => {
      waiting.signed ??= signed;
      this.#giveOn();
    });
    if (given) return;
    this.#verifyHere(waiting);
    if (this.#waiting.length > mostWaiting) for (const one of this.#waiting) this.#verifyHere(one);
    this.#giveOn();
  }

  #verifyHere(waiting: Waiting): void {
    waiting.signed ??= isSigned(waiting.unverified.message, this.#signer);
  }

  #giveOn(): void {
    for (let first = this.#waiting[0]; first?.signed !== undefined; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#verified(first.unverified, first.signed);
    }
  }
}
