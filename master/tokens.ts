import { steady, type Clock } from '../lib/clock.ts';
import { tokenErrors } from '../lib/errors/books.ts';
import { parseMinionId, type MinionId } from '../lib/ids.ts';
import { formatToken, generateToken } from '../wire/token.ts';
import type { Change } from '../store/codec.ts';
import type { Store } from '../store/store.ts';

/** What the applicant's proof is worth; `none`: no token was issued for its id. */
export type TokenProof = 'good' | 'bad' | 'missing' | 'none';

export interface Proof {
  readonly proof: TokenProof;
  /** What is wrong with a bad one, for a person. */
  readonly reason?: string;
}

export interface Tokens {
  /**
   * Makes the token that lets machine `id` in, once, within `ttlMs`; its string is given here and nowhere else. Resolves when
   * it is on disk. Raises `TS_TOKEN_BAD_LIFETIME`, `TS_ID_BAD_MINION_ID`.
   */
  issue(id: string, ttlMs?: number): Promise<string>;
  /** Looks at what an applicant says and proves. */
  check(applicant: TokenApplicant): Proof;
  /** What a proof that was looked at before is worth now. */
  still(was: TokenProof, id: string, tokenId: string | undefined, fingerprint: string): TokenProof;
  /** The change that uses up the token of a proof that was good; undefined when it can't be used (any more). */
  redeem(id: string, tokenId: string, fingerprint: string, was: TokenProof): Change | undefined;
  /** The changes that forget the used tokens of an id; with `unused`, all of them. */
  forget(id: string, unused?: boolean): Change[];
  /** Forgets tokens that expired long ago. */
  sweep(): Promise<number>;
}

export interface TokenApplicant {
  readonly id: MinionId;
  readonly fingerprint: string;
  readonly tokenId: string | undefined;
  proves(secret: Buffer): boolean;
}

interface TokenRecord {
  /** Base64; gone once the token is used. */
  readonly secret?: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** The fingerprint of the key it let in. */
  readonly usedBy?: string;
}

const HOUR_MS = 3_600_000;
const LONGEST_MS = 24 * HOUR_MS;
/** A token counts as issued long after it expired, so that waiting for that gains nobody anything. */
const KEPT_MS = 30 * LONGEST_MS;

/** The enrolment tokens. Only what verifies a proof is stored, in files that only their owner reads. */
export function tokens({ store, clock: wall }: { readonly store: Store; readonly clock: Clock }): Tokens {
  const bucket = store.bucket<TokenRecord>('token');
  const clock = steady(wall);
  const keyOf = (id: string, tokenId: string) => `${id}/${tokenId}`;
  const ofId = (id: string) => bucket.scan(`${id}/`);

  /** Undefined when nothing but the proof of the secret is open. */
  function standing(id: string, tokenId: string | undefined, fingerprint: string): Proof | undefined {
    if (tokenId === undefined) return { proof: ofId(id).length > 0 ? 'missing' : 'none' };
    const token = bucket.latest(keyOf(id, tokenId));
    if (!token) return { proof: 'bad', reason: 'it was not issued for this id' };
    if (token.usedBy === fingerprint) return { proof: 'good' };
    if (token.usedBy !== undefined) return { proof: 'bad', reason: `it was used by the key ${token.usedBy}` };
    return token.expires <= clock.now() ? { proof: 'bad', reason: 'it has expired' } : undefined;
  }

  return {
    async issue(id, ttlMs = HOUR_MS) {
      if (!(ttlMs >= 1000 && ttlMs <= LONGEST_MS)) throw tokenErrors.badLifetime({ ms: ttlMs });
      const token = generateToken();
      const key = keyOf(parseMinionId(id), token.id);
      await store.commit([bucket.put(key, { secret: token.secret.toString('base64'), expires: clock.now() + ttlMs })]);
      return formatToken(token);
    },
    check(applicant) {
      const { id, fingerprint, tokenId } = applicant;
      const known = standing(id, tokenId, fingerprint);
      if (known) return known;
      const { secret } = bucket.latest(keyOf(id, tokenId ?? '')) ?? {};
      const isProved = secret !== undefined && applicant.proves(Buffer.from(secret, 'base64'));
      return isProved ? { proof: 'good' } : { proof: 'bad', reason: 'its secret was not proved' };
    },
    still(was, id, tokenId, fingerprint) {
      return standing(id, tokenId, fingerprint)?.proof ?? was;
    },
    redeem(id, tokenId, fingerprint, was) {
      const key = keyOf(id, tokenId);
      const token = bucket.latest(key);
      if (was !== 'good' || !token || token.usedBy !== undefined || token.expires <= clock.now()) return undefined;
      return bucket.put(key, { expires: token.expires, usedBy: fingerprint });
    },
    forget: (id, unused = false) =>
      ofId(id)
        .filter(({ value }) => unused || value.usedBy !== undefined)
        .map(({ key }) => bucket.delete(key)),
    async sweep() {
      const before = clock.now() - KEPT_MS;
      const old = bucket.scan().filter(({ value }) => value.expires < before);
      if (old.length > 0) await store.commit(old.map(({ key }) => bucket.delete(key)));
      return old.length;
    },
  };
}
