import type {
  Command,
  CommandResult,
  PackageFacts,
  PackageGroup,
  PackageOffer,
  PackageStep,
} from '../../../lib/contracts/machine.ts';
import { compareRpmVersions } from '../../../lib/packages/rpm-version.ts';
import type { DpkgStatus } from './status.ts';

/* Commands of rpm(8) and dnf(8), and what they print. */

const env = { LC_ALL: 'C.UTF-8' };
const rpmFormat = '%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n';
const dnfFormat = '%{name}\t%{epoch}\t%{version}-%{release}\t%{arch}';

const dnf = (...words: string[]): Command => ({ argv: ['dnf', '--quiet', '--assumeyes', ...words], env });
const fromRelease = (release: string | undefined): string[] => (release === undefined ? [] : [`--repo=${release}`]);

export const askInstalled = (): Command => ({
  argv: ['rpm', '--query', '--all', '--queryformat', rpmFormat],
  env,
});

export const updateLists = (): Command => dnf('makecache', '--refresh');

export function askOffers(names: readonly string[], release: string | undefined): Command {
  return dnf('repoquery', '--available', ...fromRelease(release), '--queryformat', dnfFormat, '--', ...names);
}

export function askUpgrades(release: string | undefined): Command {
  return dnf('repoquery', '--upgrades', ...fromRelease(release), '--queryformat', dnfFormat);
}

export const askAltered = (name: string): Command => ({
  argv: ['rpm', '--verify', '--nodeps', '--noscripts', name],
  env,
});
export const askGroup = (name: string): Command => dnf('group', 'info', '--', name);
export const lockCommand = (how: 'add' | 'delete', names: readonly string[]): Command =>
  dnf('versionlock', how, '--', ...names);

export function describeFile(file: { path: string } | { content: Buffer }): Command {
  const argv = ['rpm', '--query', '--nosignature', '--queryformat', rpmFormat, '--package'];
  return 'path' in file ? { argv: [...argv, file.path], env } : { argv, env, script: file.content };
}

/** The calls that do all of a step, in turn: dnf removes and installs apart. */
export function transactions(step: PackageStep, present: DpkgStatus): Command[] {
  const options = [
    ...(step.recommends === undefined ? [] : [`--setopt=install_weak_deps=${step.recommends ? 'True' : 'False'}`]),
    ...(step.release === undefined ? [] : [`--enablerepo=${step.release}`]),
    ...(step.unverified === true ? ['--nogpgcheck'] : []),
    ...(step.downloadOnly === true ? ['--downloadonly'] : []),
  ];
  const commands: Command[] = [];
  if (step.remove.length > 0) commands.push(dnf('remove', ...options, '--', ...step.remove));
  if (step.upgrade !== undefined) commands.push(dnf('upgrade', ...options));
  const there = ({ name }: PackageStep['install'][number]): PackageFacts | undefined =>
    present.packages.get(plainName(name, present.native));
  const same = step.install.filter(
    (one) => step.reinstall === true && there(one) && (one.version ?? there(one)?.version) === there(one)?.version,
  );
  const others = step.install.filter((one) => !same.includes(one) && (step.onlyUpgrade !== true || there(one)));
  if (same.length > 0) commands.push(dnf('reinstall', ...options, '--', ...same.map(printSpec)));
  if (others.length > 0) {
    // A package that is older than the present one is a downgrade for dnf, too.
    const older = others.filter(
      ({ name, version }) =>
        version !== undefined && compareRpmVersions(version, there({ name })?.version ?? version) < 0,
    );
    const newer = others.filter((one) => !older.includes(one));
    const plain = newer.filter(({ version, file }) => version === undefined && file === undefined);
    // `install` leaves what is there as old as it is.
    const old = plain.filter((one) => there(one));
    const fresh = newer.filter((one) => !old.includes(one));
    if (older.length > 0) commands.push(dnf('downgrade', ...options, '--', ...older.map(printSpec)));
    if (old.length > 0) commands.push(dnf('upgrade', ...options, '--', ...old.map(printSpec)));
    if (fresh.length > 0) commands.push(dnf('install', ...options, '--', ...fresh.map(printSpec)));
  }
  return commands;
}

function printSpec({ name, version, file }: PackageStep['install'][number]): string {
  return file ?? (version === undefined ? name : `${name}-${version}`);
}

/** What is said of the reason a call failed: its last lines. */
export function reasonOf({ code, stdout, stderr }: CommandResult): string {
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
  const said = lines(stderr).length > 0 ? lines(stderr) : lines(stdout);
  return said.slice(-8).join('\n') || `dnf ended with code ${code} and said nothing`;
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

function rowsOf(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', epoch = '', version = '', arch = ''] = line.split('\t');
    if (name === '' || arch === '' || name === 'gpg-pubkey') return [];
    return [{ name, version: /^[1-9]/.test(epoch) ? `${epoch}:${version}` : version, arch }];
  });
}

/** The name that a package has in answers: `bash.x86_64` is `bash` where that is native. */
export function plainName(name: string, native: string): string {
  const [, base = name, arch] = /^(.+)[.:]([a-z0-9_]+)$/.exec(name) ?? [];
  return arch === native || arch === 'noarch' ? base : name;
}

/** Reads rpm's own list. Of packages of several versions (kernels) the newest counts. */
export function parseInstalled(text: string, held: ReadonlySet<string>): DpkgStatus {
  const rows = rowsOf(text);
  const counts = new Map<string, number>();
  for (const { arch } of rows) if (arch !== 'noarch') counts.set(arch, (counts.get(arch) ?? 0) + 1);
  const native = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
  const packages = new Map<string, PackageFacts>();
  for (const { name, version, arch } of rows) {
    const key = plainName(`${name}.${arch}`, native);
    const known = packages.get(key);
    if (known && compareRpmVersions(known.version, version) >= 0) continue;
    packages.set(key, { version, state: 'installed', ...(held.has(name) ? { held: true } : {}) });
  }
  return { native, packages };
}

/** Versions on offer, the newest first. */
export function parseOffers(text: string, native: string): Map<string, PackageOffer> {
  const versions = new Map<string, string[]>();
  for (const { name, version, arch } of rowsOf(text)) {
    const key = plainName(`${name}.${arch}`, native === '' ? arch : native);
    versions.set(key, [...(versions.get(key) ?? []), version]);
  }
  return new Map(
    [...versions].map(([name, all]) => {
      const sorted = [...new Set(all)].sort((a, b) => compareRpmVersions(b, a));
      return [name, { candidate: sorted[0] ?? '', versions: sorted }];
    }),
  );
}

/** What is newer than the version at hand; `versionOf` gives undefined for what is to stay. */
export function parseUpgrades(
  text: string,
  native: string,
  versionOf: (name: string) => string | undefined,
): Map<string, { old: string; new: string }> {
  const found = new Map<string, { old: string; new: string }>();
  for (const [name, { candidate }] of parseOffers(text, native)) {
    const old = versionOf(name);
    if (old !== undefined && compareRpmVersions(old, candidate) < 0) found.set(name, { old, new: candidate });
  }
  return found;
}

export function parseOne(text: string, native: string): { name: string; version: string } | undefined {
  const [row] = rowsOf(text);
  return row && { name: plainName(`${row.name}.${row.arch}`, native), version: row.version };
}

const attributes: Readonly<Record<string, string>> = {
  S: 'size',
  M: 'mode',
  '5': 'checksum',
  L: 'link',
  U: 'user',
  G: 'group',
};

/** Reads `rpm --verify`: by path what differs. The time alone is no difference. */
export function parseAltered(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^(missing|[.?SM5DLUGTP]{8,9})\s+(?:([a-z])\s+)?(\/\S.*?)(?: \(.*\))?$/gm)];
  return Object.fromEntries(
    lines.flatMap(([, how = '', kind, path = '']) => {
      const differing = how === 'missing' ? ['missing'] : how.split('').flatMap((letter) => attributes[letter] ?? []);
      return differing.length === 0 ? [] : [[path, `${differing.join(', ')}${kind === 'c' ? ' (config)' : ''}`]];
    }),
  );
}

/** Reads `dnf group info`. */
export function parseGroup(text: string): PackageGroup | undefined {
  if (!/^ *(Environment )?Group: /m.test(text)) return undefined;
  const under = (heading: string): string[] => {
    const [, list = ''] = new RegExp(`^ *${heading} Packages:\\n((?:^ {3,}.*(?:\\n|$))*)`, 'm').exec(text) ?? [];
    return list.split('\n').flatMap((line) => (/^\s{3,}\S+$/.test(line) ? [line.trim()] : []));
  };
  return { mandatory: under('Mandatory'), default: under('Default'), optional: under('Optional') };
}
