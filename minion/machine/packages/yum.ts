import type { FileView } from '../../../lib/contracts/machine.ts';

/* Files of dnf: where repositories and locks of versions are written. */

const locks = '/etc/dnf/plugins/versionlock.list';

/** The plugin that holds packages is there. */
export const versionLocks = (files: FileView): boolean => files.follow(locks)?.kind === 'file';

/** Names that the list of dnf's versionlock holds: lines of `name-epoch:version-release.*`. */
export function lockedNames(files: FileView): ReadonlySet<string> {
  if (!versionLocks(files)) return new Set();
  const lines = files.read(locks).toString().split('\n');
  return new Set(lines.flatMap((line) => /^(?!#)(.+?)-(?:\d+:)?[^-]+-[^-]+$/.exec(line.trim())?.[1] ?? []));
}

/** Two answers are the same when dnf's repositories are. */
export function repositoriesOf(files: FileView): string {
  const folder = '/etc/yum.repos.d';
  if (files.follow(folder)?.kind !== 'directory') return '';
  return files
    .list(folder)
    .filter((name) => name.endsWith('.repo') && files.follow(`${folder}/${name}`)?.kind === 'file')
    .map((name) => `${name}\n${files.read(`${folder}/${name}`).toString('latin1')}`)
    .join('\n');
}
