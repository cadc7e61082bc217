import { createHash } from 'node:crypto';

/** Characters of a key that is kept as it is. */
const LONGEST_ONCE = 500;

/** The name under which it is kept that a job was made for a key: that may have what an event carries in it, however long that is. */
export function onceKey(once: string): string {
  return once.length <= LONGEST_ONCE ? once : `sha256 ${createHash('sha256').update(once).digest('hex')}`;
}
