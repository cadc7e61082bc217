import { isMap } from '../lib/json.ts';

/** What values come to. */
export interface Size {
  readonly entries: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/** What the values of each bucket come to. */
export interface BucketSizes {
  of(bucket: string): Size;
  /** An entry more, or (`times` -1) less. */
  count(key: string, bytes: number, times?: 1 | -1): void;
  all(): Readonly<Record<string, Size>>;
}

const nothing: Size = { entries: 0, bytes: 0 };

/** A key's bucket is what it has before its first slash. `known`: what they come to so far. */
export function bucketSizes(known: Readonly<Record<string, Size>> = {}): BucketSizes {
  const sizes = new Map(Object.entries(known));
  const of = (bucket: string): Size => sizes.get(bucket) ?? nothing;
  return {
    of,
    count(key, bytes, times = 1) {
      const bucket = key.slice(0, key.indexOf('/'));
      const before = of(bucket);
      sizes.set(bucket, { entries: before.entries + times, bytes: before.bytes + times * bytes });
    },
    all: () => Object.fromEntries(sizes),
  };
}

/** The sizes that `all` gave; undefined for anything else. */
export function readSizes(said: unknown): Readonly<Record<string, Size>> | undefined {
  if (!isMap(said)) return undefined;
  const isRight = Object.values(said).every(
    (size) => isMap(size) && Number.isSafeInteger(size['entries']) && Number.isSafeInteger(size['bytes']),
  );
  return isRight ? (said as unknown as Record<string, Size>) : undefined;
}
