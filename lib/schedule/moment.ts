/*
 * Points in time as people write them: what of dateutil's forms people use, which Salt reads `when`, ranges and the like by.
 */

/** How often a moment comes: each day, each week, each year, or once. */
export type MomentKind = 'daily' | 'weekly' | 'yearly' | 'once';

/** A moment in local time, as a cron line of six fields (seconds first), or of seven with a year. */
export interface Moment {
  readonly kind: MomentKind;
  readonly line: string;
}

/** What a moment may look like, for complaints. */
export const momentForms = 'a time such as 5:00pm, Monday 3:00am or 2026-11-30 17:00, in quotes';

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

interface Day {
  readonly year?: number | undefined;
  readonly month: number;
  readonly day: number;
}

/** Reads one; undefined for anything else. A day without a time is its midnight, as dateutil has it. */
export function readMoment(text: string): Moment | undefined {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/(\d)t(?=\d)/, '$1 ')
    .replace(/,/g, ' ');
  const clock = takeTime(words);
  if (clock === undefined) return undefined;
  const { time, rest } = clock;
  if (rest === '') return time === undefined ? undefined : { kind: 'daily', line: `${time} * * *` };
  const weekday = nameIn(weekdays, rest);
  if (weekday !== undefined) return { kind: 'weekly', line: `${time ?? '0 0 0'} * * ${weekday}` };
  const date = readDay(rest);
  if (date === undefined || !isDay(date)) return undefined;
  const { year, month, day } = date;
  const line = `${time ?? '0 0 0'} ${day} ${month} *`;
  return year === undefined ? { kind: 'yearly', line } : { kind: 'once', line: `${line} ${year}` };
}

/** The moment whose numbers in local time are those that the date has in UTC. */
export function momentAt(date: Date): Moment {
  const day = `${date.getUTCDate()} ${date.getUTCMonth() + 1} * ${date.getUTCFullYear()}`;
  return { kind: 'once', line: `${date.getUTCSeconds()} ${date.getUTCMinutes()} ${date.getUTCHours()} ${day}` };
}

const timeOfDay = /(?:^|\s)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(am|pm)?(?=\s|$)/g;

/** Takes the time of day out, as `second minute hour`; undefined where there is one that is none. */
function takeTime(text: string): { readonly time?: string; readonly rest: string } | undefined {
  for (const found of text.matchAll(timeOfDay)) {
    const [whole, hours = '', minutes, seconds = '0', half] = found;
    // A number alone is that of a day.
    if (minutes === undefined && half === undefined) continue;
    const hour = Number(hours);
    const isGood = half === undefined ? hour <= 23 : hour >= 1 && hour <= 12;
    if (!isGood || Number(minutes ?? 0) > 59 || Number(seconds) > 59) return undefined;
    const ofDay = half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0);
    const rest = text.slice(0, found.index) + text.slice(found.index + whole.length);
    return { time: `${Number(seconds)} ${Number(minutes ?? 0)} ${ofDay}`, rest: rest.trim().replace(/\s+/g, ' ') };
  }
  return { rest: text.trim().replace(/\s+/g, ' ') };
}

/** `2026-11-30`, `11/30/2026`, `Nov 30 2026`, `30 November 2026`; the last two without a year, too. */
function readDay(text: string): Day | undefined {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) };
  const slashes = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  if (slashes) return { year: Number(slashes[3]), month: Number(slashes[1]), day: Number(slashes[2]) };
  const named = /^(?:([a-z]+) (\d{1,2})|(\d{1,2}) ([a-z]+))(?: (\d{4}))?$/.exec(text);
  const month = nameIn(months, named?.[1] ?? named?.[4] ?? '');
  if (!named || month === undefined) return undefined;
  const year = named[5] === undefined ? undefined : Number(named[5]);
  return { year, month: month + 1, day: Number(named[2] ?? named[3]) };
}

/** Which of the names it is: the whole name, or its first three letters. */
function nameIn(names: readonly string[], word: string): number | undefined {
  const index = names.findIndex((name) => name === word || (word.length >= 3 && name.slice(0, 3) === word));
  return index < 0 ? undefined : index;
}

function isDay({ year = 2024, month, day }: Day): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return month >= 1 && month <= 12 && day >= 1 && date.getUTCDate() === day && date.getUTCMonth() === month - 1;
}
