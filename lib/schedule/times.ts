import { Cron } from 'croner';
import { messageOf } from '../errors/error.ts';

/*
 * Cron lines and when they come next, in local time. When clocks go forward, a time that is left out comes at the end of the
 * gap; when they go back, a time that is there twice comes the first time. A line that says every hour or every minute keeps
 * its rhythm through both.
 */

/** When something comes. */
export interface Times {
  /** The first one later than that moment, both in milliseconds since 1970; infinity when there is none. */
  after(ms: number): number;
  /** The last one not later than that; minus infinity when there is none. */
  latest(ms: number): number;
}

/** The times of cron lines with seconds first; `zone` is a name of the time zone database, by default the machine's own. */
export function timesOf(lines: readonly string[], zone?: string): Times {
  const crons = lines.map((line) => new Cron(line, zone === undefined ? {} : { timezone: zone }));
  return {
    after: (ms) => Math.min(...crons.map((cron) => cron.nextRun(new Date(ms))?.getTime() ?? Infinity)),
    // What comes before a second that is not over is not later than it: these times are whole seconds.
    latest: (ms) =>
      Math.max(...crons.map((cron) => cron.previousRuns(1, new Date(ms + 1000))[0]?.getTime() ?? -Infinity)),
  };
}

/** What Salt takes for a cron line, with seconds first: they are its sixth field. Gives why it is none, else. */
export function readCron(written: string): { readonly line: string } | { readonly reason: string } {
  const fields = written.trim().split(/\s+/);
  const isName = fields.length === 1 && fields[0]?.startsWith('@') === true;
  if (!isName && fields.length !== 5 && fields.length !== 6)
    return { reason: `it has ${fields.length} fields, not five (or six, with seconds last)` };
  const line = fields.length === 6 ? [fields[5], ...fields.slice(0, 5)].join(' ') : fields.join(' ');
  try {
    // Without a callback nothing is scheduled: only the line is read.
    new Cron(line);
    return { line };
  } catch (error) {
    return { reason: messageOf(error).replace(/^CronPattern: /, '') };
  }
}
