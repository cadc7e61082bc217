import type { Command, CommandResult, PackageStep } from '../../../lib/contracts/machine.ts';

/** Nobody is there to be asked, and what is printed is to be read by a program. */
const env = {
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBIAN_PRIORITY: 'critical',
  APT_LISTCHANGES_FRONTEND: 'none',
  APT_LISTBUGS_FRONTEND: 'none',
  UCF_FORCE_CONFFOLD: '1',
};

/** Seconds to wait for another apt or dpkg to end. */
export const LOCK_TIMEOUT_S = 120;

// A configuration file that somebody has changed stays; an untouched one follows the package.
const quietly = (newConfig: boolean): string[] =>
  [
    ...(newConfig
      ? ['Dpkg::Options::=--force-confnew']
      : ['Dpkg::Options::=--force-confdef', 'Dpkg::Options::=--force-confold']),
    'Dpkg::Use-Pty=0',
    `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`,
  ].flatMap((option) => ['-o', option]);

export function updateLists(): Command {
  return { argv: ['apt-get', '-q', 'update'], env };
}

export function askPolicy(names: readonly string[], release: string | undefined): Command {
  const preferred = release === undefined ? [] : ['-o', `APT::Default-Release=${release}`];
  return { argv: ['apt-cache', '-q', ...preferred, 'policy', ...names], env };
}

/** The one `apt-get` call that does all of a step; `downgrade` where an older version than the present one is wanted. */
export function transaction(step: PackageStep, downgrade: boolean): Command {
  const options = [
    ...(step.recommends === undefined ? [] : [step.recommends ? '--install-recommends' : '--no-install-recommends']),
    ...(step.release === undefined ? [] : ['-t', step.release]),
    ...(downgrade ? ['--allow-downgrades'] : []),
    ...(step.purge === true ? ['--purge'] : []),
    ...(step.downloadOnly === true ? ['--download-only'] : []),
    ...(step.onlyUpgrade === true ? ['--only-upgrade'] : []),
    ...(step.reinstall === true ? ['--reinstall'] : []),
    ...(step.unverified === true ? ['--allow-unauthenticated'] : []),
  ];
  const wanted = step.install.map(
    ({ name, version, file }) => file ?? (version === undefined ? name : `${name}=${version}`),
  );
  // `apt-get install a b-` installs a and removes b.
  const what =
    step.upgrade !== undefined
      ? [step.upgrade === 'full' ? 'dist-upgrade' : 'upgrade']
      : wanted.length === 0
        ? ['remove', ...step.remove]
        : ['install', ...wanted, ...step.remove.map((n) => `${n}-`)];
  return { argv: ['apt-get', '-q', '-y', ...quietly(step.newConfig === true), ...options, ...what], env };
}

/** What an upgrade would do, without doing it: anybody may ask. */
export function askUpgrades(full: boolean, release: string | undefined): Command {
  const options = release === undefined ? [] : ['-t', release];
  return { argv: ['apt-get', '-q', '--simulate', ...options, full ? 'dist-upgrade' : 'upgrade'], env };
}

/** Compares a package's files with the sums that came with them. */
export function askAltered(name: string): Command {
  return { argv: ['dpkg', '--verify', name], env };
}

/** The control fields of a package file. */
export function describeFile(file: { path: string } | { content: Buffer }): Command {
  const argv = ['dpkg-deb', '--field'];
  return 'path' in file ? { argv: [...argv, file.path], env } : { argv, env, script: file.content };
}

export function markHeld(how: 'hold' | 'unhold', names: readonly string[]): Command {
  return { argv: ['apt-mark', '-q', how, ...names], env };
}

/** What apt says about why it failed: its last lines, errors rather than progress. */
export function reasonOf({ code, stdout, stderr }: CommandResult): string {
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '' && !/^[WN]: /.test(line));
  const said = lines(stderr).length > 0 ? lines(stderr) : lines(stdout);
  return said.slice(-8).join('\n') || `apt-get ended with code ${code} and said nothing`;
}

/** An earlier dpkg was killed in the middle of its work, and apt does nothing before that is finished. */
export function wasInterrupted({ stderr }: CommandResult): boolean {
  return stderr.includes('dpkg was interrupted');
}

export function finishInterrupted(): Command {
  return { argv: ['dpkg', '--force-confdef', '--force-confold', '--configure', '--pending'], env };
}

/** The lists name files that the sources no longer have: updating them helps. */
export function hasStaleLists({ stderr }: CommandResult): boolean {
  return /^E: (Failed to fetch|Unable to fetch)/m.test(stderr);
}

/** Another apt is reading or writing the lists, which `DPkg::Lock::Timeout` knows nothing of. */
export function isLocked({ stderr }: CommandResult): boolean {
  return /^E: Could not get lock /m.test(stderr);
}
