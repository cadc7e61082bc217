const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const months = 'January February March April May June July August September October November December'.split(' ');
const DAY_MS = 86_400_000;

const two = (value: number) => String(value).padStart(2, '0');

/** What stands for each letter behind a `%`, as POSIX strftime and Python's have it. */
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

/** A date and time in UTC in the words of a format. `unknown` answers for a `%` with a letter that means nothing here. */
export function strftime(date: Date, format: string, unknown: (found: string) => string = (found) => found): string {
  return format.replace(/%(.?)/gs, (found, code: string) => {
    const write = Object.hasOwn(codes, code) ? codes[code] : undefined;
    return write ? write(date) : unknown(found);
  });
}
