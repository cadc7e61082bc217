import { sha256 } from './keys.ts';

/*
 * The hash tree of RFC 9162, section 2.1: one signed root stands for all leaves, and each leaf proves that it is one of
 * them by a few hashes, telling nothing of the others.
 */

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

export function leafHash(...parts: readonly Buffer[]): Buffer {
  return sha256(leafMark, ...parts);
}

export interface HashTree {
  readonly root: Buffer;
  /** The hashes that lead from the leaf of that index to the root, nearest first. */
  path(index: number): Buffer[];
}

/** The tree over some leaf hashes (see `leafHash`), one at least. */
export function hashTree(leaves: readonly Buffer[]): HashTree {
  const levels: (readonly Buffer[])[] = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) level = parents(level);
  const root = levels.at(-1)?.[0] ?? sha256();
  return {
    root,
    path(index) {
      const path: Buffer[] = [];
      for (const level of levels) {
        const sibling = level[index ^ 1];
        if (sibling && level.length > 1) path.push(sibling);
        index >>= 1;
      }
      return path;
    },
  };
}

/** Pairs hashed together; one left over goes up as it is. */
function parents(level: readonly Buffer[]): Buffer[] {
  const up: Buffer[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] ?? nodeMark;
    const right = level[i + 1];
    up.push(right ? sha256(nodeMark, left, right) : left);
  }
  return up;
}

/** Whether the path leads from this leaf, at this index of `size` leaves, to the root (RFC 9162, 2.1.3.2). */
export function leadsToRoot(leaf: Buffer, index: number, size: number, path: readonly Buffer[], root: Buffer): boolean {
  if (index >= size) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = sha256(nodeMark, sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at >>>= 1;
        last >>>= 1;
      }
    } else {
      hash = sha256(nodeMark, hash, sibling);
    }
    at >>>= 1;
    last >>>= 1;
  }
  return last === 0 && hash.equals(root);
}
