import type { Json } from '../lib/json.ts';

/** How one minion's part in a job ended, as the control interface tells it. */
export interface Part {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  readonly return?: Json;
  readonly success?: boolean;
  readonly out?: string;
}

export const answered = ({ state }: Part): boolean => state === 'returned';

/** A minion that does not answer counts as one that failed. */
export const succeeded = (part: Part): boolean => answered(part) && part.success !== false;

/** Minions that answered with a failure, which not every return shows (`cmd.run`). */
export const failedOn = (parts: readonly Part[]): string[] =>
  parts
    .filter((part) => answered(part) && !succeeded(part))
    .map(({ id }) => id)
    .sort();

/** Why there is no answer. */
export function describe({ state, reason }: Part): string {
  return reason === undefined || reason === '' ? state : `${state}: ${reason}`;
}

/** Nothing ran anywhere 2, else a failure 1, else somebody gave no answer 3, else 0. */
export function exitCode(parts: readonly Part[]): number {
  const returned = parts.filter(answered);
  const notCompiled = ({ return: value, out }: Part): boolean => out === 'highstate' && Array.isArray(value);
  if (returned.length > 0 && returned.length === parts.length && returned.every(notCompiled)) return 2;
  if (returned.some(({ success }) => success === false)) return 1;
  return returned.length < parts.length ? 3 : 0;
}
