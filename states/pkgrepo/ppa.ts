import type { Reading } from '../../lib/contracts/machine.ts';
import { readSourceFiles } from './files.ts';
import { nothingToDo, problem, type Wish } from './wish.ts';

const tool = '/usr/bin/add-apt-repository';

/** A personal archive of Launchpad. Only Ubuntu's own tool knows its key and its releases. */
export function readPpa(ppa: string, wanted: 'managed' | 'absent', machine: Reading): Wish {
  const os = machine.grains['os'];
  if (os !== 'Ubuntu' && os !== 'Mint') {
    const here = typeof os === 'string' ? `this is ${os}` : 'the grain os is not known';
    return problem(
      `'ppa' is for Ubuntu alone (${here}): packages of an archive are built against Ubuntu's. ` +
        "Name a repository for this system in full, with its key ('key_url')",
    );
  }
  const archive = new RegExp(`//ppa\\.launchpad(content)?\\.net/${ppa.replace(/[.+]/g, '\\$&')}/`);
  const isThere = readSourceFiles(machine.files, undefined).sources.some(
    ({ uri, enabled }) => enabled && archive.test(uri),
  );
  if (isThere === (wanted === 'managed')) return nothingToDo;
  if (!machine.files.follow(tool))
    return problem(`an archive of Launchpad takes ${tool}: install the package software-properties-common`);
  const remove = wanted === 'absent' ? ['--remove'] : [];
  return {
    changes: { repo: `ppa:${ppa}` },
    steps: [
      {
        do: 'run',
        command: { argv: [tool, '--yes', '--no-update', ...remove, `ppa:${ppa}`], env: { LC_ALL: 'C.UTF-8' } },
        must: true,
      },
    ],
  };
}
