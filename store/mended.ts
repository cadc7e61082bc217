import type { Log } from '../lib/log.ts';
import type { RecordLog } from './log.ts';

/** Tells what had to be mended when a log was opened, which `what` is a name for; silent about one that was whole. */
export function tellMended(what: string, { torn, damage }: RecordLog['found'], log: Log): void {
  if (torn > 0) log('info', `${what} was not closed well and was mended`, { torn });
  for (const { segment, quarantined } of damage) {
    log('error', `${what} was damaged: what can be read of it was kept`, { segment, quarantined });
  }
}
