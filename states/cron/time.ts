import { createHash } from 'node:crypto';
import * as v from 'valibot';

/** The fields of time of a crontab(5) line, with what each may be. */
const ranges = {
  minute: [0, 59],
  hour: [0, 23],
  // Every month has a 28th.
  daymonth: [1, 28],
  month: [1, 12],
  dayweek: [0, 6],
} as const;

export type Field = keyof typeof ranges;
export const fieldNames: readonly Field[] = ['minute', 'hour', 'daymonth', 'month', 'dayweek'];

const field = v.optional(
  v.pipe(
    v.union([v.string(), v.number()], 'a field of crontab(5)'),
    v.transform((given) => String(given).toLowerCase()),
    v.regex(/^[a-z0-9*,/~:-]+$/, "a field of crontab(5), 'random', or a range 'from:to' to choose from"),
  ),
  '*',
);

export const timeArgs = { minute: field, hour: field, daymonth: field, month: field, dayweek: field };

/**
 * A field as it is written. `random` and `from:to` leave the choice to us: it is another one on each machine, always the
 * same one there, and what a crontab has already stays.
 */
export function fieldText(name: Field, asked: string, now: string | undefined, seed: string): string {
  const [from, to] = asked.split(':');
  if (asked === 'random') {
    const [least, most] = ranges[name];
    return now === undefined || now === '*' ? choose(least, most, `${seed} ${name}`) : now;
  }
  if (to === undefined) return asked;
  const [least, most] = [Number(from), Number(to)].sort((a, b) => a - b);
  if (least === undefined || most === undefined || Number.isNaN(least + most)) return asked;
  const stays = now !== undefined && /^\d+$/.test(now) && Number(now) >= least && Number(now) <= most;
  return stays ? now : choose(least, most, `${seed} ${name}`);
}

function choose(least: number, most: number, seed: string): string {
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  return String(least + (number % (most - least + 1)));
}
