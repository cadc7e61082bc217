/** Some of the minions at random: those that are connected first. `random` gives a number from 0 up to 1. */
export function subsetOf(
  { minions, away }: { readonly minions: readonly string[]; readonly away: readonly string[] },
  size: number,
  random: () => number,
): string[] {
  const gone = new Set(away);
  const there = minions.filter((id) => !gone.has(id));
  return [...shuffled(there, random), ...shuffled(away, random)].slice(0, size);
}

/** Fisher and Yates. */
function shuffled(ids: readonly string[], random: () => number): string[] {
  const all = [...ids];
  for (let last = all.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [all[last], all[chosen]] = [all[chosen] ?? '', all[last] ?? ''];
  }
  return all;
}
