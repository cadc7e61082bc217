import { strftime } from '../../../../lib/strftime.ts';
import { refuse, text, type Helpers } from './definition.ts';

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
    call: ([value, format = '%Y-%m-%d']) =>
      strftime(dateOf(value), text(format), (found) => refuse(`a format without '${found}'`)),
  },
});
