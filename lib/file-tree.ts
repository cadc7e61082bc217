/*
 * How a state tree is named between master and minion: a manifest of paths and hashes, and bytes by hash. A path of a
 * message is looked up in a manifest, never joined to a directory.
 */

/** One file: path in the tree (with `/`), SHA-256 as hex, bytes. An empty directory ends in `/` and has no hash. */
export type TreeEntry = readonly [path: string, sha256: string, bytes: number];

export interface TreeManifest {
  /** Changes when any entry does. */
  readonly hash: string;
  /** Sorted by path. */
  readonly entries: readonly TreeEntry[];
}

/** Entries a page of a manifest carries: well below what a message may hold. */
export const MANIFEST_PAGE_ENTRIES = 2000;

/** Small files that one answer carries, as far as together they have no more bytes than one piece. */
export const MOST_TOGETHER = 64;

/** Bytes of a file that one answer carries. */
export const CHUNK_BYTES = 128 * 1024;
