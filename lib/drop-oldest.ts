/** Takes what was put first out of a map until it has no more than `most` entries; the answer is how many went. */
export function dropOldest<Key>(map: Map<Key, unknown>, most: number): number {
  let dropped = 0;
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
    dropped++;
  }
  return dropped;
}
