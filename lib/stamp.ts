/** `ms` since 1970 as Salt stamps events: UTC, `2026-01-31T23:59:59.123000`. */
export function stampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`;
}
