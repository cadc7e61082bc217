import { howManyFit } from '../lib/how-many-fit.ts';
import type { Change } from './codec.ts';
import type { RecordLog } from './log.ts';
import type { Entry, ScanOptions, Table } from './table.ts';
import { valueChanges } from './value-changes.ts';

/** So many entries are looked at in one go. */
const AT_ONCE = 100;
/** So many bytes are recorded again in one commit: others wait behind it, and the log refuses what is far more. */
const PIECE_BYTES = 1024 * 1024;

/** All entries, some at a time: each as it is when its turn comes. */
export function* inPieces(
  scan: (prefix: string, options: ScanOptions) => readonly Entry[],
): Generator<readonly Entry[]> {
  for (let piece = scan('', { limit: AT_ONCE }); piece.length > 0;) {
    const some = piece.slice(
      0,
      howManyFit(piece, PIECE_BYTES, ({ value }) => value.length),
    );
    yield some;
    const last = some.at(-1);
    piece = last ? scan('', { limit: AT_ONCE, after: last.key }) : [];
  }
}

/** The change that records an entry again. */
export function again({ key, value }: Entry): Change {
  return { kind: 'put', key, value: () => JSON.parse(value.toString()) as unknown };
}

/**
 * What a table knows and the log has lost to damage, as changes to be recorded again: else it would be gone when the table is
 * next made from the log, and what was deleted would be back. The table has all that the log has.
 */
export async function* lostOf(
  table: Pick<Table, 'scan' | 'get'>,
  log: Pick<RecordLog, 'read'>,
): AsyncGenerator<readonly Change[]> {
  /** The number of the record that put each value that the log makes. */
  const inLog = new Map<string, number>();
  for await (const changes of valueChanges(log, 0)) {
    for (const { key, number, value } of changes) {
      if (value === undefined) inLog.delete(key);
      else inLog.set(key, number);
    }
  }
  for (const piece of inPieces((prefix, options) => table.scan(prefix, options)))
    yield piece.filter(({ key, number }) => inLog.get(key) !== number).map(again);
  const back = [...inLog.keys()].filter((key) => table.get(key) === undefined);
  for (let at = 0; at < back.length; at += AT_ONCE)
    yield back.slice(at, at + AT_ONCE).map((key) => ({ kind: 'delete', key }));
}
