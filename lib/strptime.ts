import { escapeRegExp } from './regex.ts';

/* Moments in names, by Python's strptime formats: https://docs.python.org/3/library/datetime.html#format-codes */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const longMonths = 'January|February|March|April|May|June|July|August|September|October|November|December';

/** What each letter stands for; those without a part of the time are read and left. */
const codes: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  y: '\\d{2}',
  m: '1[0-2]|0?[1-9]',
  d: '3[01]|[12]\\d|0?[1-9]',
  H: '2[0-3]|[01]?\\d',
  I: '1[0-2]|0?[1-9]',
  M: '[0-5]?\\d',
  S: '6[01]|[0-5]?\\d',
  f: '\\d{1,6}',
  p: 'AM|PM',
  b: months.join('|'),
  B: longMonths,
  j: '36[0-6]|3[0-5]\\d|[12]\\d{2}|0?\\d{1,2}',
  a: 'Mon|Tue|Wed|Thu|Fri|Sat|Sun',
  A: 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday',
};

/** What is wrong with a format; undefined for one that can be read. */
export function formatComplaint(format: string): string | undefined {
  const odd = [...format.matchAll(/%([\s\S]?)/g)].find(([, code = '']) => code !== '%' && !Object.hasOwn(codes, code));
  return odd
    ? `${odd[0]} is not one of ${Object.keys(codes)
        .map((code) => `%${code}`)
        .join(' ')} %%`
    : undefined;
}

/** The moment that a text names, as if it were UTC; undefined for a text of another form, or a day that does not exist. */
export function parseTime(text: string, format: string): Date | undefined {
  const letters: string[] = [];
  const source = format.replace(/%([\s\S])|\s+|[^%\s]+/g, (found, code: string | undefined) => {
    if (code === undefined) return found.trim() === '' ? '\\s+' : escapeRegExp(found);
    if (code === '%') return '%';
    letters.push(code);
    return `(${codes[code] ?? '(?!)'})`;
  });
  const match = new RegExp(`^${source}$`, 'i').exec(text);
  if (!match) return undefined;
  const part = (code: string): string | undefined => {
    const at = letters.indexOf(code);
    return at < 0 ? undefined : match[at + 1];
  };
  const number = (code: string): number | undefined => (part(code) === undefined ? undefined : Number(part(code)));
  const year = number('Y') ?? century(number('y')) ?? 1900;
  const day = number('j');
  const date = new Date(0);
  if (day !== undefined && number('d') === undefined) date.setUTCFullYear(year, 0, day);
  else {
    const named = (part('b') ?? part('B'))?.slice(0, 3).toLowerCase();
    const month = number('m') ?? (named === undefined ? 1 : months.indexOf(named) + 1);
    date.setUTCFullYear(year, month - 1, number('d') ?? 1);
    if (date.getUTCMonth() !== month - 1) return undefined;
  }
  const ms = Math.floor(Number((part('f') ?? '0').padEnd(6, '0')) / 1000);
  date.setUTCHours(hourOf(number('H'), number('I'), part('p')), number('M') ?? 0, number('S') ?? 0, ms);
  return date;
}

/** As POSIX has it: 69 to 99 are of the last century. */
function century(year: number | undefined): number | undefined {
  return year === undefined ? undefined : year < 69 ? 2000 + year : 1900 + year;
}

function hourOf(whole: number | undefined, half: number | undefined, side: string | undefined): number {
  if (whole !== undefined || half === undefined) return whole ?? 0;
  return (half % 12) + (side?.toLowerCase() === 'pm' ? 12 : 0);
}
