import type { PackageOffer, PackageView } from '../../lib/contracts/machine.ts';
import { compareDebVersions } from '../../lib/packages/deb-version.ts';
import { compareRpmVersions } from '../../lib/packages/rpm-version.ts';

/** How two versions are ordered goes by whose they are. */
export type Manager = PackageView['manager'];

export function compareVersions(a: string, b: string, manager: Manager = 'apt'): -1 | 0 | 1 {
  return manager === 'dnf' ? compareRpmVersions(a, b) : compareDebVersions(a, b);
}

/** What counts as the version that is wanted. */
export interface Leniency {
  readonly manager?: Manager | undefined;
  /** A newer one than the one that is named will do. */
  readonly orNewer?: boolean | undefined;
  readonly ignoreEpoch?: boolean | undefined;
}

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

interface Condition {
  readonly operator: Operator;
  readonly version: string;
}

const condition = /^(==|=|!=|<=|>=|<|>)?\s*([A-Za-z0-9.+~^_:*?[\]-]+)$/;

/** Reads `1.2*`, `>= 1.2`, `>=1.2, <2`: what a version has to fulfil. Undefined when it is none of these. */
export function parseConditions(text: string): Condition[] | undefined {
  const parts = text.split(',').map((part) => condition.exec(part.trim()));
  if (parts.includes(null)) return undefined;
  return parts.flatMap((part) => {
    const operator = part?.[1] ?? '==';
    return { operator: (operator === '=' ? '==' : operator) as Operator, version: part?.[2] ?? '' };
  });
}

/** Whether a version is one of those wanted; any is where nothing is said (undefined). */
export function fulfils(version: string, wanted: string | undefined, lenient: Leniency = {}): boolean {
  if (wanted === undefined) return true;
  return (parseConditions(wanted) ?? []).every((one) => holds(version, one, lenient));
}

function holds(version: string, { operator, version: wanted }: Condition, lenient: Leniency): boolean {
  if (operator === '==' && globOf(wanted).test(version)) return true;
  // As in Salt: who names no epoch means any.
  const epochless = (operator === '==' || operator === '!=') && !wanted.includes(':');
  const without = (text: string): string => text.replace(/^\d+:/, '');
  const order = compareVersions(
    epochless || lenient.ignoreEpoch ? without(version) : version,
    lenient.ignoreEpoch ? without(wanted) : wanted,
    lenient.manager,
  );
  switch (operator) {
    case '==':
      return lenient.orNewer ? order >= 0 : order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** The version to install: the candidate if it will do, else the newest on offer that does. */
export function choose(offer: PackageOffer, wanted: string | undefined, lenient: Leniency = {}): string | undefined {
  const strict = { ...lenient, orNewer: false };
  if (fulfils(offer.candidate, wanted, strict)) return offer.candidate;
  return offer.versions.find((version) => fulfils(version, wanted, strict));
}

/** A shell's pattern: `*`, `?` and `[...]`. */
function globOf(pattern: string): RegExp {
  const source = pattern.replace(/\[[^\]]+\]|[\s\S]/g, (part) =>
    part === '*' ? '.*' : part === '?' ? '.' : part.length > 1 ? part.replace('[!', '[^') : `\\x${hex(part)}`,
  );
  return new RegExp(`^${source}$`);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}
