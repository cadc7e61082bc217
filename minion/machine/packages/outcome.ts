import type { PackageFacts, PackageStep } from '../../../lib/contracts/machine.ts';
import { isPattern } from '../../../lib/fnmatch.ts';
import { compareDebVersions } from '../../../lib/packages/deb-version.ts';
import { databaseName, type DpkgStatus } from './status.ts';

/** Whether apt has to be allowed to go back. */
export function isDowngrade(
  { name, version }: PackageStep['install'][number],
  { packages, native }: DpkgStatus,
): boolean {
  const present = packages.get(databaseName(name, native));
  return version !== undefined && present !== undefined && compareDebVersions(version, present.version) < 0;
}

/** What is not as it was to be although apt-get saw no reason to complain. */
export function shortfall(
  step: PackageStep,
  { packages, native }: DpkgStatus,
  manager = 'apt-get',
): string | undefined {
  const of = (name: string): PackageFacts | undefined => packages.get(databaseName(name, native));
  const missing = step.install.filter(
    ({ name, version = '*' }) =>
      of(name)?.state !== 'installed' || (!isPattern(version) && of(name)?.version !== version),
  );
  const left = step.remove.filter(
    (name) => of(name) !== undefined && (step.purge === true || of(name)?.state !== 'config-files'),
  );
  const complaints = [
    ...missing.map(({ name, version }) => `${version === undefined ? name : `${name}=${version}`} is not installed`),
    ...left.map((name) => `${name} is still there`),
  ];
  return complaints.length === 0 ? undefined : `${manager} reported success, but ${complaints.join(', ')}`;
}

/** `{old, new}` of every package whose version is another one now; empty for not installed. */
export function difference(before: DpkgStatus, after: DpkgStatus): Record<string, { old: string; new: string }> {
  const versionIn = ({ packages }: DpkgStatus, name: string): string => {
    const facts = packages.get(name);
    return facts && facts.state !== 'config-files' ? facts.version : '';
  };
  const names = [...new Set([...before.packages.keys(), ...after.packages.keys()])].sort();
  return Object.fromEntries(
    names
      .map((name) => [name, { old: versionIn(before, name), new: versionIn(after, name) }] as const)
      .filter(([, { old, new: now }]) => old !== now),
  );
}
