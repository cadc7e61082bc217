import { posix } from 'node:path';
import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { retained, rules, type Dated } from './retention.ts';
import { formatComplaint, parseTime } from '../../lib/strptime.ts';

const count = v.union([v.literal('all'), v.pipe(v.number(), v.integer(), v.minValue(0))], "a number, or 'all'");

const args = v.strictObject({
  name: arg.path,
  retain: v.strictObject(
    Object.fromEntries(rules.map((rule) => [rule, v.optional(count)])) as Record<
      (typeof rules)[number],
      v.OptionalSchema<typeof count, undefined>
    >,
  ),
  strptime_format: v.optional(v.string()),
});

type Facts = { readonly problem: string } | { readonly dated: readonly Dated[]; readonly ignored: readonly string[] };

export default defineState<typeof args, Facts>({
  summary:
    'Of the backups in a directory those are kept that a schedule says: the first of each day, week, month and so on.',
  example: `
/var/backups/app:
  file.retention_schedule:
    - retain:
        most_recent: 5
        first_of_day: 14
        first_of_month: all
    - strptime_format: app_%Y-%m-%dT%H%M%S.tar.gz
`,
  args,
  reads: ['files'],
  check({ strptime_format: format = '' }) {
    const complaint = formatComplaint(format);
    return complaint === undefined ? undefined : `strptime_format: ${complaint}`;
  },
  read({ name, strptime_format: format }, { files }) {
    if (files.follow(name)?.kind !== 'directory') {
      return { problem: 'Name provided to file.retention must be a directory' };
    }
    const dated: Dated[] = [];
    const ignored: string[] = [];
    for (const entry of files.list(name)) {
      const time =
        format === undefined ? localTime(files.look(posix.join(name, entry))?.mtimeMs) : parseTime(entry, format);
      if (time) dated.push({ name: entry, time });
      else ignored.push(entry);
    }
    return { dated, ignored };
  },
  plan({ name, retain }, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const kept = retained(facts.dated, retain);
    const surplus = facts.dated.map((one) => one.name).filter((one) => !kept.has(one));
    const comment = `${surplus.length} backups would have been removed from ${name}.\n`;
    const backwards = (names: Iterable<string>): string[] => [...names].sort().reverse();
    if (surplus.length === 0) return alreadyRight(`0 backups were removed from ${name}.\n`);
    return {
      changes: { retained: backwards(kept), deleted: backwards(surplus), ignored: backwards(facts.ignored) },
      comment,
      done: `${surplus.length} backups were removed from ${name}.\n`,
      steps: backwards(surplus).map((one) => ({ do: 'remove', path: posix.join(name, one) })),
    };
  },
});

/** A moment by the local clock, as UTC has it: only for looking at its parts. */
function localTime(ms: number | undefined): Date | undefined {
  if (ms === undefined) return undefined;
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000);
}
