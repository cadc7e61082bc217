import { refuse, text, type Helpers } from './definition.ts';

const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const months = 'January February March April May June July August September October November December'.split(' ');
const DAY_MS = 86_400_000;

const two = (value: number) => String(value).padStart(2, '0');

const codes: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  y: (date) => two(date.getUTCFullYear() % 100),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  f: (date) => `${String(date.getUTCMilliseconds()).padStart(3, '0')}000`,
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (date) => String((startOfDay(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1).padStart(3, '0'),
  A: (date) => days[date.getUTCDay()] ?? '',
  a: (date) => days[date.getUTCDay()]?.slice(0, 3) ?? '',
  B: (date) => months[date.getUTCMonth()] ?? '',
  b: (date) => months[date.getUTCMonth()]?.slice(0, 3) ?? '',
  u: (date) => String(date.getUTCDay() || 7),
  w: (date) => String(date.getUTCDay()),
  G: (date) => String(thursday(date).getUTCFullYear()),
  V: (date) => {
    const day = thursday(date);
    return two(Math.floor((day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / DAY_MS / 7) + 1);
  },
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  z: () => '+0000',
  Z: () => 'UTC',
  F: (date) => strftime(date, '%Y-%m-%d'),
  T: (date) => strftime(date, '%H:%M:%S'),
  D: (date) => strftime(date, '%m/%d/%y'),
  R: (date) => strftime(date, '%H:%M'),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

function startOfDay(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

/** The day that says which week and which year's week it is. */
function thursday(date: Date): Date {
  return new Date(startOfDay(date) + (4 - (date.getUTCDay() || 7)) * DAY_MS);
}

function strftime(date: Date, format: string): string {
  return format.replace(/%(.?)/gs, (found, code: string) => {
    const write = Object.hasOwn(codes, code) ? codes[code] : undefined;
    return write ? write(date) : refuse(`a format without '${found}'`);
  });
}

/** Seconds since 1970, or a date as ISO 8601 and Salt's events write it; in UTC where no zone is said. */
function dateOf(value: unknown): Date {
  if (typeof value === 'number') return valid(new Date(value * 1000));
  const written = text(value);
  if (/^\d{1,12}(?:\.\d+)?$/.test(written)) return valid(new Date(Number(written) * 1000));
  if (!/^\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:?\d\d)?)?)?$/.test(written)) refuse();
  const whole = written
    .replace(' ', 'T')
    .replace(/(\.\d{3})\d+/, '$1')
    .replace(/([-+]\d\d)(\d\d)$/, '$1:$2');
  return valid(new Date(whole.includes('T') && !/(?:Z|[-+]\d\d:\d\d)$/.test(whole) ? `${whole}Z` : whole));
}

function valid(date: Date): Date {
  return Number.isNaN(date.getTime()) ? refuse() : date;
}

export const dates = (): Helpers => ({
  now: {
    summary:
      'When the run began, in seconds since 1970, so that what is made of it changes with every run. Pillars and reactors have none.',
    takes: 'nothing',
    args: [0, 0],
    jinja: "none | strftime('%s'), salt['status.time']()",
    example: '{{int (now)}}',
    gives: '1767225600',
    call: (_, __, { now }) => {
      if (now === undefined) throw new RangeError('no time is handed in here');
      return now / 1000;
    },
  },
  strftime: {
    summary:
      'A date and time, in UTC, in the words of a format (`%Y-%m-%d`): %Y %y %m %d %e %H %I %M %S %f %p %j %A %a %B %b %u %w %G %V %s %z %Z %F %T %D %R.',
    takes: "a time (seconds since 1970, or '2026-01-31', '2026-01-31T12:00:00Z') and a format",
    args: [1, 2],
    jinja: "x | strftime('%Y-%m-%d'), x | date_format",
    example: '{{strftime (now) "%d %B %Y"}} {{strftime "2026-01-31T12:30:00" "%H:%M"}}',
    gives: '01 January 2026 12:30',
    call: ([value, format = '%Y-%m-%d']) => strftime(dateOf(value), text(format)),
  },
});
