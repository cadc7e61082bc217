import type { PackageOffer } from '../../../lib/contracts/machine.ts';

/** Reads what `apt-cache policy NAME...` prints in the C locale. Names without a candidate are left out. */
export function parsePolicy(text: string): Map<string, PackageOffer> {
  const offers = new Map<string, PackageOffer>();
  for (const block of text.split(/^(?=\S)/m)) {
    const [, name = ''] = /^(\S+):$/m.exec(block) ?? [];
    const [, candidate = '(none)'] = /^ {2}Candidate: (\S+)$/m.exec(block) ?? [];
    if (name === '' || candidate === '(none)') continue;
    offers.set(name, { candidate, versions: versionsOf(block) });
  }
  return offers;
}

/** Versions that some source has: what only dpkg's own database holds can't be installed. */
function versionsOf(block: string): string[] {
  const rows = block.split(/^(?: \*\*\*| {4}) (?=\S)/m).slice(1);
  return rows
    .filter((row) => /^ {8}\s*-?\d+ (?!\/var\/lib\/dpkg\/status)/m.test(row))
    .map((row) => row.split(' ')[0] ?? '');
}
