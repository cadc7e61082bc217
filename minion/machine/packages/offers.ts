import type { OfferOptions, PackageOffer } from '../../../lib/contracts/machine.ts';

/** Lists of what can be installed, of whichever manager of packages. */
export interface Lists {
  ask(names: readonly string[], release: string | undefined): Promise<Map<string, PackageOffer>>;
  /** Brings them up to date, unless they are younger than `validMs`. */
  update(validMs?: number): Promise<void>;
  /** They were, in this run. */
  isUpdated(): boolean;
  mayUpdate(): boolean;
}

/** What is on offer of these names; the lists are updated before that, or for what is missing, as is wished. */
export async function offersOf(
  lists: Lists,
  names: readonly string[],
  { release, refresh, validMs }: OfferOptions = {},
): Promise<Map<string, PackageOffer>> {
  if (names.length === 0) return new Map();
  const mayUpdate = lists.mayUpdate();
  if (refresh === 'always' && mayUpdate) await lists.update(validMs);
  const found = await lists.ask(names, release);
  if (refresh !== 'when missing' || found.size === new Set(names).size || lists.isUpdated() || !mayUpdate) return found;
  await lists.update();
  return lists.ask(names, release);
}
