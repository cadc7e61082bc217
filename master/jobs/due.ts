import type { Bucket } from '../../store/store.ts';

/** So many are looked up in one go: more than a session takes at once, and no more than are looked up in a moment. */
const AT_ONCE = 512;

type Due = Pick<Bucket<true>, 'scan'>;

/** The jids of what is not over at that minion, oldest first: of `due`, whose keys are `<minion>/<jid>`. */
export function jidsDue(due: Due, id: string): string[] {
  const prefix = `${id}/`;
  return due.scan(prefix).map(({ key }) => key.slice(prefix.length));
}

/** The same, younger than `after` where it is given, and read as they are asked for. */
export function* jidsDueAfter(due: Due, id: string, after = ''): Generator<string> {
  const prefix = `${id}/`;
  for (let last: string | undefined = prefix + after; last !== undefined;) {
    const piece = due.scan(prefix, { after: last, limit: AT_ONCE });
    for (const { key } of piece) yield key.slice(prefix.length);
    last = piece.at(-1)?.key;
  }
}
