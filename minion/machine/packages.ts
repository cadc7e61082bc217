import type { FileView } from '../../lib/contracts/machine.ts';
import { createDebianPackages } from './packages/debian.ts';
import { createDnfPackages } from './packages/dnf.ts';
import type { PackageOptions, Packages } from './packages/parts.ts';

/** The packages of the tree, by the manager that is at home there: rpm's and dnf's, or dpkg's and apt's. */
export function createPackages(options: PackageOptions): Packages {
  return isOfRpm(options.files) ? createDnfPackages(options) : createDebianPackages(options);
}

/** By os-release(5), as the grain `os_family` is; where that says neither, by the databases there are. */
function isOfRpm(files: FileView): boolean {
  const release = ['/etc/os-release', '/usr/lib/os-release'].find((path) => files.follow(path)?.kind === 'file');
  const ids =
    release === undefined ? '' : (/^ID(_LIKE)?=.*$/gm[Symbol.match](files.read(release).toString()) ?? []).join(' ');
  if (/\b(debian|ubuntu)\b/.test(ids)) return false;
  if (/\b(rhel|fedora|centos|amzn)\b/.test(ids)) return true;
  return files.follow('/var/lib/dpkg/status') === undefined && files.follow('/usr/bin/dnf') !== undefined;
}
