/** How much of the whole is not free, in percent with one decimal; 0 where there is none at all. */
export function usedPercent(whole = 0, free = 0): number {
  return whole === 0 ? 0 : Math.round(((whole - free) / whole) * 1000) / 10;
}
