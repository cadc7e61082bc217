import { dropOldest } from '../lib/drop-oldest.ts';
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Roots } from '../lib/environments.ts';
import type { MadePillar } from './pool/render-pillar.ts';
import type { PillarOf } from './pillar.ts';

export interface PillarCacheOptions {
  /** `pillar_cache_ttl`, in ms. */
  readonly keepMs: number;
  readonly roots: Roots;
  /** What templates may read besides: another answer, another pillar. */
  readonly inputs: () => unknown;
  readonly clock: Pick<Clock, 'monotonic'>;
}

export interface PillarCache {
  readonly pillarOf: PillarOf;
  /** Forgets those of these minions, or all; the answer is how many. */
  clear(ids?: readonly string[]): number;
  stats(): Readonly<Record<'hits' | 'misses' | 'kept', number>>;
}

/** Pillars are kept in memory alone, for they may hold secrets; the oldest goes first. */
const MOST_KEPT = 10_000;

interface Kept {
  readonly id: string;
  readonly made: MadePillar;
  readonly until: number;
}

/**
 * Salt's `pillar_cache`: the pillar of a minion is not made again while the files of the pillar trees, its grains and what it asks
 * for are the same, for so long at most; what `ext_pillar` says is as old as that.
 */
export function pillarCache(pillarOf: PillarOf, { keepMs, roots, inputs, clock }: PillarCacheOptions): PillarCache {
  const kept = new Map<string, Kept>();
  const counters = { hits: 0, misses: 0 };
  return {
    async pillarOf(id, grains, request) {
      const key = createHash('sha256')
        .update(JSON.stringify([id, grains, request, inputs(), await signatureOf(roots)]))
        .digest('base64');
      const known = kept.get(key);
      if (known && known.until > clock.monotonic()) {
        counters.hits++;
        return known.made;
      }
      counters.misses++;
      const made = await pillarOf(id, grains, request);
      kept.delete(key);
      kept.set(key, { id, made, until: clock.monotonic() + keepMs });
      dropOldest(kept, MOST_KEPT);
      return made;
    },
    clear(ids) {
      const gone = [...kept].filter(([, { id }]) => ids === undefined || ids.includes(id));
      for (const [key] of gone) kept.delete(key);
      return new Set(gone.map(([, { id }]) => id)).size;
    },
    stats: () => ({ ...counters, kept: kept.size }),
  };
}

/** What tells the trees as they are from what they were: each file's identity, size and times. */
async function signatureOf(roots: Roots): Promise<string> {
  const hash = createHash('sha256');
  for (const root of new Set(Object.values(roots).flat())) {
    for (const name of await filesBelow(root)) {
      const facts = await stat(name).catch(() => undefined);
      hash.update(`${name}\0${facts?.ino}\0${facts?.size}\0${facts?.mtimeMs}\0${facts?.ctimeMs}\n`);
    }
  }
  return hash.digest('base64');
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
