import type { Place } from '../../lib/place.ts';
import type { topStrategies } from '../../lib/tops.ts';
import type { Wanted } from './sls.ts';

/* Several top files as one, by the rules of Salt's `top_file_merging_strategy`. */

/** How top files become one: Salt's three of states, and `each` of pillar. */
export type TopStrategy = (typeof topStrategies)[number] | 'each';

/** A target of a top file. */
export interface TopTarget {
  /** How it is matched; undefined where it does not say. */
  readonly type: string | undefined;
  /** Where it says so. */
  readonly typePlace: (() => Place) | undefined;
  readonly files: readonly Wanted[];
  /** Of pillar: those with a lower number come first. */
  readonly order: number;
  readonly place: () => Place;
  readonly sectionPlace: () => Place;
}

/** By target. */
export type Section = Map<string, TopTarget>;

/** A top file of an environment, with what it says of that and others. */
export interface TopFile {
  readonly saltenv: string;
  readonly sections: ReadonlyMap<string, Section>;
}

/** What is meant, by environment and target. */
export type MergedTop = ReadonlyMap<string, Section>;

/**
 * `merge`: the base environment's top file decides about each environment that it names; about the others, their own.
 * `merge_all`: all say something of all. `same`: about each environment decides its own, or that of `fallback` where it has
 * none. `each`: all say something of all, and of one target what is said last counts.
 */
export function mergeTops(
  tops: readonly TopFile[],
  strategy: TopStrategy,
  environments: readonly string[],
  fallback: string,
): MergedTop {
  switch (strategy) {
    case 'merge':
      return merge(tops);
    case 'merge_all':
      return mergeAll(tops);
    case 'same':
      return same(tops, environments, fallback);
    case 'each':
      return each(tops);
  }
}

function merge(tops: readonly TopFile[]): MergedTop {
  const merged = new Map<string, Section>();
  const base = tops.filter(({ saltenv }) => saltenv === 'base');
  for (const { sections } of base) for (const [saltenv, section] of sections) put(merged, saltenv, section);
  for (const { saltenv, sections } of tops.filter((top) => top.saltenv !== 'base')) {
    const own = sections.get(saltenv);
    // What an included file says of the same environment comes too late, as in Salt.
    if (own && !merged.has(saltenv)) put(merged, saltenv, own);
  }
  return merged;
}

function same(tops: readonly TopFile[], environments: readonly string[], fallback: string): MergedTop {
  const merged = new Map<string, Section>();
  for (const saltenv of environments) {
    const own = tops.filter((top) => top.saltenv === saltenv);
    const deciding = own.length > 0 ? own : tops.filter((top) => top.saltenv === fallback);
    for (const { sections } of deciding) {
      const section = sections.get(saltenv);
      if (section) put(merged, saltenv, section);
    }
  }
  return merged;
}

function mergeAll(tops: readonly TopFile[]): MergedTop {
  const merged = new Map<string, Section>();
  for (const { sections } of tops) {
    for (const [saltenv, section] of sections) {
      const known = sectionIn(merged, saltenv);
      for (const [target, said] of section) {
        const before = known.get(target);
        known.set(
          target,
          before ? { ...said, type: said.type ?? before.type, files: [...before.files, ...said.files] } : said,
        );
      }
    }
  }
  return merged;
}

function each(tops: readonly TopFile[]): MergedTop {
  const merged = new Map<string, Section>();
  for (const { sections } of tops) for (const [saltenv, section] of sections) put(merged, saltenv, section);
  for (const [saltenv, section] of merged)
    merged.set(saltenv, new Map([...section].sort(([, one], [, other]) => one.order - other.order)));
  return merged;
}

/** Targets that are there already keep their place, and what is said of them now counts. */
function put(merged: Map<string, Section>, saltenv: string, section: Section): void {
  const known = sectionIn(merged, saltenv);
  for (const [target, said] of section) known.set(target, said);
}

function sectionIn(merged: Map<string, Section>, saltenv: string): Section {
  const section: Section = merged.get(saltenv) ?? new Map<string, never>();
  merged.set(saltenv, section);
  return section;
}
