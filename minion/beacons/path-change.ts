import type { Mask } from '../../lib/beacons/parameters.ts';
import type { PathFacts } from '../../lib/contracts/beacon.ts';

/** Something that has come to pass at a path. */
export interface Change {
  /** What it may be called, the best word first: the first that is asked for is told. */
  readonly words: readonly Mask[];
  readonly isDirectory: boolean;
}

export interface Around {
  /** The path is watched for itself, not as one of a directory. */
  readonly isSingle: boolean;
  /** Identities that have left a path, or come to one, at the same time: what is in both has moved. */
  readonly gone: ReadonlySet<string>;
  readonly come: ReadonlySet<string>;
}

/** What has come to pass at a path that was so and is so now; the words are those of inotify(7). */
export function changesOf(
  was: PathFacts | undefined,
  is: PathFacts | undefined,
  { isSingle, gone, come }: Around,
): readonly Change[] {
  const isDirectory = (is ?? was)?.isDirectory === true;
  const change = (...words: Mask[]): Change => ({ words, isDirectory });
  if (!was && !is) return [];
  if (!was && is) {
    if (gone.has(is.identity)) return [change('moved_to', 'create')];
    // Who has made a file has also written to it, unless it is empty.
    return [change('create'), ...(is.size > 0 && !isDirectory ? [change('modify')] : [])];
  }
  if (was && !is) {
    const hasMoved = come.has(was.identity);
    if (isSingle)
      return [change(...(hasMoved ? (['move_self', 'delete_self'] as const) : (['delete_self'] as const)), 'delete')];
    return [hasMoved ? change('moved_from', 'delete') : change('delete')];
  }
  if (!was || !is) return [];
  // Written beside and put in its place, as editors do.
  if (was.identity !== is.identity)
    return [isSingle ? change('modify', 'moved_to', 'create') : change('moved_to', 'modify', 'create')];
  if (was.size !== is.size || was.mtimeMs !== is.mtimeMs) return isDirectory ? [] : [change('modify')];
  return was.ctimeMs === is.ctimeMs ? [] : [change('attrib')];
}
