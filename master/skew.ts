import { keyErrors } from '../lib/errors/books.ts';
import { compareDebVersions } from '../lib/packages/deb-version.ts';
import { oldestMinion, version } from '../lib/version.ts';
import type { Applicant, Verdict } from '../wire/types.ts';

/** Minions of the first version do not say which they are. */
const UNTOLD = '0.1.0';

export interface Skew {
  /** A verdict as it is; but who would be let in, and is too old, is turned down in words that say so. */
  judge(applicant: Pick<Applicant, 'id' | 'version'>, verdict: Verdict): Verdict;
  /** The versions of accepted minions that were turned down for it last, by id. */
  readonly tooOld: ReadonlyMap<string, string>;
  forget(id: string): void;
}

/** Which minions' versions a master works with. Their keys are not touched by it. */
export function versionSkew(oldest = oldestMinion): Skew {
  const tooOld = new Map<string, string>();
  return {
    tooOld,
    judge({ id, version: told = UNTOLD }, verdict) {
      tooOld.delete(id);
      if (verdict.act !== 'accept' || compareDebVersions(told, oldest) >= 0) return verdict;
      tooOld.set(id, told);
      return { act: 'reject', reason: keyErrors.tooOld({ id, version: told, master: version, oldest }).message };
    },
    forget: (id) => void tooOld.delete(id),
  };
}
