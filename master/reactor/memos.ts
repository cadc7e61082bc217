import type { JsonMap } from '../../lib/json.ts';
import type { Memo, Position } from './position.ts';

/** An answer, and whose it is. */
export interface OwnedMemo {
  readonly reactor: string;
  readonly event: number;
  readonly key: string;
  readonly memo: Memo;
}

/** What the store has of it. */
export const memoRecord = ({ reactor, event, key, memo: { json } }: OwnedMemo): JsonMap => ({
  t: 'memo',
  r: reactor,
  e: event,
  k: key,
  j: json,
});

/** Answers that are written again at once: others' records need not wait for all of them. */
const AGAIN_BYTES = 1024 * 1024;

/** Answers that stand before `edge`, about 1 MiB of them at most; none when there are none. */
export function memosBefore(edge: number, positions: ReadonlyMap<string, Position>): OwnedMemo[] {
  const found: OwnedMemo[] = [];
  let room = AGAIN_BYTES;
  for (const [reactor, { open }] of positions) {
    for (const [event, { memos }] of open) {
      for (const [key, memo] of memos) {
        if (memo.at >= edge) continue;
        found.push({ reactor, event, key, memo });
        room -= memo.bytes;
        if (room <= 0) return found;
      }
    }
  }
  return found;
}
