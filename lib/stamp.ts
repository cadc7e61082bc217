/** `ms` since 1970 as Salt stamps events: UTC, `2026-01-31T23:59:59.123000`. */
export function stampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`;
}

/** The milliseconds since 1970 of an event's `_stamp`; 0 of what is none. */
export function msOfStamp(stamp: unknown): number {
  const ms = typeof stamp === 'string' ? Date.parse(`${stamp.slice(0, 23)}Z`) : Number.NaN;
  return Number.isNaN(ms) ? 0 : ms;
}
