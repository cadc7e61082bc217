import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { must } from './command.ts';

/**
 * The lines of a sources.list(5) with which this machine's own apt gets a Debian release, its updates and its security
 * updates: machines are built from where this one was. Raises `TS_NSPAWN_NO_SOURCES`.
 */
export async function aptSources(suite: string): Promise<readonly string[]> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const listed = await must([
    'apt-get',
    'indextargets',
    '--no-release-info',
    '--format',
    format,
    'Created-By: Packages',
  ]);
  const suites = [suite, `${suite}-updates`, `${suite}-security`];
  const lines = listed
    .split('\n')
    .filter((line) => suites.includes(line.split(' ')[1] ?? ''))
    .map((line) => `deb ${line}`);
  if (!lines.some((line) => line.split(' ')[2] === suite)) throw nspawnErrors.noSources({ suite });
  return [...new Set(lines)];
}
