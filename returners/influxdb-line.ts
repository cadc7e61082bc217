import type { BusEvent } from '../lib/contracts/events.ts';
import { numericLeaves } from '../lib/numeric-leaves.ts';
import { msOfStamp } from '../lib/stamp.ts';
import { jobReturnOf } from './job-return.ts';

/** Numbers that one point may have. */
const mostNumbers = 1000;

/**
 * An event as a line of InfluxDB's line protocol, with its end; undefined when it has no field. The time is in nanoseconds: the
 * event's, to the millisecond, and the last six digits of its number, so that it is the same each time and no two are one point.
 */
export function influxLine(event: BusEvent, withJson: boolean): string | undefined {
  const { seq, tag, data } = event;
  const returned = jobReturnOf(event);
  const { _stamp, ts: _, ...rest } = data;
  const numbers = numericLeaves(returned ? returned.return : rest, mostNumbers).map(
    ([keys, value]): [string, string] => [fieldName(keys), String(value)],
  );
  const own: [string, string][] = returned
    ? [
        ['jid', quoted(returned.jid)],
        ['success', String(returned.success)],
        ['retcode', `${Math.trunc(returned.retcode)}i`],
        ...(withJson ? [['return', quoted(JSON.stringify(returned.return))] satisfies [string, string]] : []),
      ]
    : [];
  // A number of the same name would be of another type; InfluxDB has one type for each field.
  const fields = [...new Map([...numbers, ...own])].map(([key, value]) => `${escaped(key)}=${value}`);
  if (fields.length === 0) return undefined;
  const id = typeof data['id'] === 'string' ? data['id'] : '';
  const tags = returned ? { fun: returned.fun, id } : { event: tag, id };
  const shownTags = Object.entries(tags)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `,${key}=${escaped(value)}`);
  const time = BigInt(msOfStamp(_stamp)) * 1_000_000n + BigInt(seq % 1_000_000);
  return `${returned ? 'returns' : 'events'}${shownTags.join('')} ${fields.join(',')} ${time}\n`;
}

/** A tag's value or a key: what separates is escaped; what can't stand there, a line's end or a backslash before what separates, is `_`. */
const escaped = (text: string): string => text.replace(/[\p{Cc}\\]/gu, '_').replace(/[,= ]/g, '\\$&');

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** A number's field. `time` is the point's own. */
function fieldName(keys: readonly string[]): string {
  const name = keys.join('.') || 'value';
  return name === 'time' ? 'time_' : name;
}
