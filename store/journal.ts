import { isMap, type JsonMap } from '../lib/json.ts';
import { openLog, type LogOptions, type RecordLog } from './log.ts';

/** A log of small JSON records that somebody keeps for himself, and knows when he no longer needs them. */
export interface Journal {
  /**
   * Resolves with the last record's position when all are on disk; after a crash all of them are there or none. Many calls at
   * once share one commit. Raises as `RecordLog.append`.
   */
  append(...records: readonly JsonMap[]): Promise<number>;
  /** All that is kept, oldest first. */
  replay(): AsyncGenerator<{ readonly position: number; readonly record: JsonMap }>;
  /** What stands before `position` is no longer needed; whole segments of it are deleted. */
  trim(position: number): Promise<void>;
  readonly found: RecordLog['found'];
  stats: RecordLog['stats'];
  close(): Promise<void>;
}

/** Opens the journal in `directory`. Raises as `openLog`. */
export async function openJournal(options: Omit<LogOptions, 'onDurable' | 'onFailed'>): Promise<Journal> {
  const log = await openLog(options);
  return {
    append: (...records) => log.append(records.map((record) => Buffer.from(JSON.stringify(record)))),
    async *replay() {
      for await (const records of log.read(0)) {
        for (const { number, payload } of records) {
          const record: unknown = JSON.parse(payload.toString());
          if (isMap(record)) yield { position: number, record: record as JsonMap };
        }
      }
    },
    async trim(position) {
      await log.trim(position);
    },
    found: log.found,
    stats: () => log.stats(),
    close: () => log.close(),
  };
}
