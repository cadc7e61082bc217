import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Command, CommandResult, PackageStep } from '../../lib/contracts/machine.ts';
import { createFiles } from '../../minion/machine/files.ts';
import { createPackages } from '../../minion/machine/packages.ts';
import { parseAltered, parseGroup } from '../../minion/machine/packages/rpm.ts';

const installed = [
  'bash\t(none)\t5.1-9\tx86_64',
  'kernel\t(none)\t5.14.0-9\tx86_64',
  'kernel\t(none)\t5.14.0-10\tx86_64',
  'vim\t2\t8.2-1\tnoarch',
  'glibc\t(none)\t2.34-1\ti686',
  'gpg-pubkey\t(none)\t1-1\t(none)',
].join('\n');

/** A tree where dnf is at home, and a dnf whose answers the test gives. */
function host(t: ExecutionContext, answer: (words: string) => string | undefined) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tsalt-rpm-'));
  t.teardown(() => fs.rmSync(root, { recursive: true, force: true }));
  const files: Readonly<Record<string, string>> = {
    'etc/os-release': 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n',
    'usr/bin/rpm': '',
    'usr/bin/dnf': '',
    'etc/dnf/plugins/versionlock.list': '# held\nvim-2:8.2-1.*\n',
  };
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }
  const ran: string[] = [];
  const run = async ({ argv }: Command): Promise<CommandResult> => {
    const words = argv.join(' ');
    ran.push(words);
    const stdout = words.startsWith('rpm --query --all') ? (answer('installed') ?? installed) : (answer(words) ?? '');
    return { pid: 1, code: 0, stdout, stderr: '', timedOut: false, truncated: false };
  };
  return { ran, packages: createPackages({ files: createFiles(root), processes: { run }, uid: 0 }) };
}

const step = (wanted: Partial<PackageStep>): PackageStep => ({ do: 'packages', install: [], remove: [], ...wanted });

test('packages of rpm: by os-release, and what is installed is read once', async (t) => {
  const { packages, ran } = host(t, () => undefined);
  t.is(packages.manager, 'dnf');
  t.throws(() => packages.installed('bash'), { code: 'TS_PACKAGES_NOT_READY' });
  await packages.ready();
  await packages.ready();
  t.deepEqual(Object.fromEntries(packages.all()), {
    bash: { version: '5.1-9', state: 'installed' },
    kernel: { version: '5.14.0-10', state: 'installed' },
    vim: { version: '2:8.2-1', state: 'installed', held: true },
    'glibc.i686': { version: '2.34-1', state: 'installed' },
  });
  t.is(packages.installed('bash.x86_64')?.version, '5.1-9');
  t.is(ran.length, 1);
});

test('packages of rpm: offers are the newest first; upgrades leave what is held', async (t) => {
  const rows = 'bash\t0\t5.1-8\tx86_64\nbash\t0\t5.2-1\tx86_64\nvim\t2\t9.0-1\tnoarch\n';
  const { packages } = host(t, (words) => (words.includes('repoquery') ? rows : undefined));
  const offers = await packages.offers(['bash', 'nosuch']);
  t.deepEqual([...offers], [['bash', { candidate: '5.2-1', versions: ['5.2-1', '5.1-8'] }]]);
  t.deepEqual([...(await packages.upgrades(false))], [['bash', { old: '5.1-9', new: '5.2-1' }]]);
});

test('packages of rpm: a step is as few calls of dnf as it takes, and what changed is told', async (t) => {
  let done = false;
  const { packages, ran } = host(t, (words) => {
    if (words.includes(' install ')) done = true;
    return words === 'installed' && done
      ? installed.replace('5.1-9', '5.2-1').concat('\nzsh\t(none)\t5.8-9\tx86_64')
      : undefined;
  });
  const result = await packages.perform(
    step({
      install: [{ name: 'zsh' }, { name: 'bash', version: '5.2-1' }, { name: 'vim', version: '2:8.1-1' }],
      recommends: false,
    }),
  );
  t.deepEqual(
    ran.filter((words) => words.startsWith('dnf')),
    [
      'dnf --quiet --assumeyes downgrade --setopt=install_weak_deps=False -- vim-2:8.1-1',
      'dnf --quiet --assumeyes install --setopt=install_weak_deps=False -- zsh bash-5.2-1',
    ],
  );
  t.like(result, {
    changed: { bash: { old: '5.1-9', new: '5.2-1' }, zsh: { old: '', new: '5.8-9' } },
    failed: 'dnf reported success, but vim=2:8.1-1 is not installed',
  });
});

test('packages of rpm: what rpm and dnf print of altered files and groups', (t) => {
  t.deepEqual(parseAltered('S.5....T.  c /etc/x\n.......T.    /usr/a\nmissing     /usr/b\n.M.......    /usr/c d\n'), {
    '/etc/x': 'size, checksum (config)',
    '/usr/b': 'missing',
    '/usr/c d': 'mode',
  });
  t.deepEqual(
    parseGroup('Group: Tools\n Description: x\n Mandatory Packages:\n   make\n   gcc\n Optional Packages:\n   gdb\n'),
    { mandatory: ['make', 'gcc'], default: [], optional: ['gdb'] },
  );
  t.is(parseGroup('Error'), undefined);
});
