import type { Bucket } from '../../store/store.ts';

/** So many are looked up in one go. */
const AT_ONCE = 64;

/**
 * The jids of what is not over at that minion, oldest first, and younger than `after` where it is given: of `due`, whose keys are
 * `<minion>/<jid>`. Read as they are asked for.
 */
export function* jidsDue(due: Pick<Bucket<true>, 'scan'>, id: string, after = ''): Generator<string> {
  const prefix = `${id}/`;
  for (let last: string | undefined = prefix + after; last !== undefined;) {
    const piece = due.scan(prefix, { after: last, limit: AT_ONCE });
    for (const { key } of piece) yield key.slice(prefix.length);
    last = piece.at(-1)?.key;
  }
}
