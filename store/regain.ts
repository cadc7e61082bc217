import type { Change } from './codec.ts';
import type { Entry, Table } from './table.ts';

/** So many are given at once. */
const AT_ONCE = 500;

/**
 * What a table knows and the log has lost to damage, as changes to be recorded again: else it would be gone when the table is
 * next made from the log, and what was deleted would be back. `inLog` has the number of the record that put each value that
 * the log makes.
 */
export function* lostOf(
  table: Pick<Table, 'scan' | 'get'>,
  inLog: ReadonlyMap<string, number>,
): Generator<readonly Change[]> {
  let after: string | undefined;
  let piece: readonly Entry[];
  do {
    piece = table.scan('', { limit: AT_ONCE, ...(after === undefined ? {} : { after }) });
    after = piece.at(-1)?.key;
    const lost = piece.filter(({ key, number }) => inLog.get(key) !== number);
    yield lost.map(({ key, value }) => ({ kind: 'put', key, value: () => JSON.parse(value.toString()) as unknown }));
  } while (piece.length === AT_ONCE);
  const back = [...inLog.keys()].filter((key) => table.get(key) === undefined);
  for (let at = 0; at < back.length; at += AT_ONCE)
    yield back.slice(at, at + AT_ONCE).map((key) => ({ kind: 'delete', key }));
}
