/** How many of the first items come to no more than `most` bytes together; one at least, where there is one. */
export function howManyFit<Item>(items: readonly Item[], most: number, bytesOf: (item: Item) => number): number {
  let bytes = 0;
  const beyond = items.findIndex((item) => (bytes += bytesOf(item)) > most);
  return beyond < 0 ? items.length : Math.max(1, beyond);
}
