import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { realFiles } from '../../store/files.ts';

/*
 * Versions of tsalt side by side, as the installer lays them out:
 *   <root>/<version>-<12 hex digits of its hash>/   whole once `.complete` is in it
 *   <root>/current, <root>/previous                 links to two of them
 *   <root>/.upgrade/                                what is known of an upgrade
 */

export interface Installation {
  /** Holds the versions, such as `/opt/tsalt`. */
  readonly root: string;
  /** The directory's name of the version that runs. */
  readonly own: string;
}

/** What a directory of a version may be named. */
const versionName = /^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}-[0-9a-f]{12}$/;

/** Where a program that runs as `script` is installed; undefined for one that stands by itself, such as a checkout. */
export function installationOf(script: string): Installation | undefined {
  const own = path.dirname(path.dirname(realpathSync(script)));
  const root = path.dirname(own);
  const isInstalled = versionName.test(path.basename(own)) && pointsTo(root, 'current') !== undefined;
  return isInstalled ? { root, own: path.basename(own) } : undefined;
}

/** The directory's name of a bundle's version. */
export function nameOf(version: string, sha256: string): string | undefined {
  const name = `${version}-${sha256.slice(0, 12)}`;
  return versionName.test(name) ? name : undefined;
}

/** The version in a directory's name. */
export const versionIn = (name: string): string => name.slice(0, -13);

/** The whole version that was made of the bundle with this hash, if it is here. */
export function versionOfBundle(root: string, sha256: string): string | undefined {
  return wholeVersions(root).find((name) => name.endsWith(`-${sha256.slice(0, 12)}`));
}

/** The name that a link leads to; undefined when it does not, or to no version beside it. */
export function pointsTo(root: string, link: 'current' | 'previous'): string | undefined {
  try {
    const name = path.basename(readlinkSync(path.join(root, link)));
    return versionName.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Leads a link to another version, in one step, and durably: whoever follows it finds the one or the other. */
export async function point(root: string, link: 'current' | 'previous', name: string): Promise<void> {
  const fresh = path.join(root, `${link}.new`);
  rmSync(fresh, { force: true });
  symlinkSync(name, fresh);
  await rename(fresh, path.join(root, link));
  await realFiles.syncDirectory(root);
}

/** Removes the versions that no link leads to and no process runs from. Gives their names. */
export function removeOld(root: string): readonly string[] {
  const kept = new Set([pointsTo(root, 'current'), pointsTo(root, 'previous')]);
  const old = wholeVersions(root).filter((name) => !kept.has(name) && !isRunning(path.join(root, name)));
  // First what says that it is whole: half removed, it must not be taken for a version.
  for (const name of old) rmSync(path.join(root, name, '.complete'), { force: true });
  for (const name of old) rmSync(path.join(root, name), { recursive: true, force: true });
  return old;
}

function wholeVersions(root: string): string[] {
  return readdirSync(root).filter(
    (name) => versionName.test(name) && statSync(path.join(root, name, '.complete'), { throwIfNoEntry: false }),
  );
}

/** Whether a process runs the Node of a version: a master's, for one, which keeps the version that it was started with. */
function isRunning(directory: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/exe`).startsWith(`${directory}/`);
    } catch {
      // It has ended, or is the kernel's.
      return false;
    }
  });
}

/** The version that a directory says it is. Raises Node's error, or one of the parser, when it says nothing. */
export function toldVersion(directory: string): string {
  const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as { version?: unknown };
  return String(manifest.version);
}
