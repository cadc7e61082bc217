import type { OfferOptions, PackageFacts, PackageOffer, Reading } from '../../lib/contracts/machine.ts';
import type { Manager } from './versions.ts';

/** What the pkg states know of the machine. */
export interface PackagesFacts {
  /** Why there is nothing to read; then all else is empty. */
  readonly unavailable?: string | undefined;
  /** Why nothing can be installed or removed. */
  readonly unchangeable?: string | undefined;
  readonly present: Readonly<Record<string, PackageFacts>>;
  /** Of those that were asked for because something is to be installed. */
  readonly offers: Readonly<Record<string, PackageOffer>>;
  /** The offers are as new as they can be. */
  readonly updated: boolean;
  /** apt, where nothing is said. */
  readonly manager?: Manager | undefined;
}

export async function readPresent({ packages }: Reading, names: readonly string[]): Promise<PackagesFacts> {
  await packages.ready();
  const { unavailable, unchangeable } = packages;
  const present = names.flatMap((name) => {
    const facts = packages.installed(name);
    return facts ? [[name, facts] as const] : [];
  });
  const { updated, manager } = packages;
  return { unavailable, unchangeable, present: Object.fromEntries(present), offers: {}, updated, manager };
}

/** The same with what the sources offer of `names`. */
export async function withOffers(
  facts: PackagesFacts,
  { packages }: Reading,
  names: readonly string[],
  options: OfferOptions,
): Promise<PackagesFacts> {
  if (names.length === 0 || facts.unavailable !== undefined || facts.unchangeable !== undefined) return facts;
  const offers = await packages.offers(names, options);
  const updated = packages.updated || options.refresh === 'never';
  return { ...facts, offers: Object.fromEntries(offers), updated };
}

/** `refresh:` of a state, as Salt has it: yes, no, or (not said) when it helps. */
export function refreshOption(refresh: boolean | undefined): 'always' | 'when missing' | 'never' {
  return refresh === undefined ? 'when missing' : refresh ? 'always' : 'never';
}

/** The installed version; empty for what is not installed. */
export function versionOf(name: string, { present }: PackagesFacts): string {
  const facts = present[name];
  return facts && facts.state !== 'config-files' ? facts.version : '';
}

/** `cache_valid_time`: seconds in which lists count as new, in milliseconds. */
export function validMs({ cache_valid_time: seconds }: { readonly cache_valid_time?: number | undefined }): {
  readonly validMs?: number;
} {
  return seconds === undefined ? {} : { validMs: seconds * 1000 };
}
