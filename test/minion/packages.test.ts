import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Command, CommandResult, PackageStep } from '../../lib/contracts/machine.ts';
import { createFiles } from '../../minion/machine/files.ts';
import { createPackages } from '../../minion/machine/packages.ts';

const paragraph = (name: string, status: string, version: string, arch = 'amd64'): string =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: ${arch}\nVersion: ${version}\nDescription: one\n Version: 9\n`;

const database = [
  paragraph('dpkg', 'install ok installed', '1.21.22'),
  paragraph('bash', 'install ok installed', '5.2.15-2+b2'),
  paragraph('tzdata', 'hold ok installed', '2024a-0', 'all'),
  paragraph('libc6', 'install ok installed', '2.36-9', 'i386'),
  paragraph('nano', 'deinstall ok config-files', '7.2-1'),
  paragraph('half', 'install ok half-configured', '1.0'),
  paragraph('waiting', 'install ok triggers-pending', '1.1'),
  paragraph('unknown', 'unknown ok not-installed', ''),
];

// As apt 2.6 prints it.
const policy = `hello:
  Installed: (none)
  Candidate: 2.10-3
  Version table:
     2.10-3 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
     2.9-1 500
        500 http://old.debian.org/debian buster/main amd64 Packages
bash:
  Installed: 5.2.15-2+b2
  Candidate: 5.2.15-2+b8
  Version table:
     5.2.15-2+b8 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
 *** 5.2.15-2+b2 100
        100 /var/lib/dpkg/status
mail-transport-agent:
  Installed: (none)
  Candidate: (none)
  Version table:
sl:
  Installed: (none)
  Candidate: 5.02
  Version table:
     5.02 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
`;

/** A tree with a dpkg database, and an apt whose answers the test gives. */
function host(t: ExecutionContext, answer: (argv: readonly string[]) => Partial<CommandResult> | undefined, uid = 0) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tsalt-packages-'));
  t.teardown(() => fs.rmSync(root, { recursive: true, force: true }));
  fs.mkdirSync(path.join(root, 'var/lib/dpkg'), { recursive: true });
  for (const folder of ['bin', 'sbin']) fs.mkdirSync(path.join(root, 'usr', folder), { recursive: true });
  fs.writeFileSync(path.join(root, 'usr/bin/apt-get'), '');
  const write = (paragraphs: readonly string[]): void =>
    fs.writeFileSync(path.join(root, 'var/lib/dpkg/status'), paragraphs.join('\n'));
  write(database);
  const ran: (readonly string[])[] = [];
  const run = async ({ argv }: Command): Promise<CommandResult> => {
    ran.push(argv);
    const stdout = argv[0] === 'apt-cache' ? policy : '';
    return { pid: 1, code: 0, stdout, stderr: '', timedOut: false, truncated: false, ...answer(argv) };
  };
  const transactions = (): (readonly string[])[] => ran.filter((argv) => argv.includes('-y'));
  return {
    transactions,
    root,
    ran,
    write,
    packages: createPackages({ files: createFiles(root), asleep: true, processes: { run }, uid }),
  };
}

const step = (wanted: Partial<PackageStep>): PackageStep => ({ do: 'packages', install: [], remove: [], ...wanted });

test('packages: what dpkg knows, is read from its database without a process', (t) => {
  const { packages, ran } = host(t, () => undefined);
  t.is(packages.unavailable, undefined);
  t.is(packages.unchangeable, undefined);
  t.deepEqual(Object.fromEntries(packages.all()), {
    dpkg: { version: '1.21.22', state: 'installed' },
    bash: { version: '5.2.15-2+b2', state: 'installed' },
    tzdata: { version: '2024a-0', state: 'installed', held: true },
    'libc6:i386': { version: '2.36-9', state: 'installed' },
    nano: { version: '7.2-1', state: 'config-files' },
    half: { version: '1.0', state: 'partial' },
    waiting: { version: '1.1', state: 'installed' },
  });
  t.is(packages.installed('bash:amd64')?.version, '5.2.15-2+b2');
  t.is(packages.installed('libc6'), undefined);
  t.deepEqual(ran, []);
});

test('packages: offers asked for twice, one call answers the names and one more everything that follows', async (t) => {
  const { packages, ran } = host(t, () => ({ stdout: policy }));
  const offers = await packages.offers(['hello', 'mail-transport-agent', 'no such thing']);
  t.deepEqual([...offers], [['hello', { candidate: '2.10-3', versions: ['2.10-3', '2.9-1'] }]]);
  t.deepEqual(ran, [['apt-cache', '-q', 'policy', 'hello', 'mail-transport-agent']]);
  t.is((await packages.offers(['bash:amd64'])).get('bash:amd64')?.candidate, '5.2.15-2+b8');
  for (const name of ['tzdata', 'waiting', 'hello', 'dpkg']) await packages.offers([name]);
  t.is(ran.length, 2);
});

test('packages: a name on offer nowhere, the lists are updated once a run', async (t) => {
  let updated = false;
  const { packages, ran } = host(t, (argv) => {
    if (argv.includes('update')) updated = true;
    return { stdout: updated ? policy : '' };
  });
  t.true((await packages.offers(['hello'], { refresh: 'when missing' })).has('hello'));
  t.true(packages.updated);
  t.is((await packages.offers(['nothing'], { refresh: 'always' })).size, 0);
  t.is((await packages.offers(['never'], { refresh: 'when missing' })).size, 0);
  await packages.perform(step({ refresh: true }));
  t.is(ran.filter((argv) => argv.includes('update')).length, 1);
});

test('packages: a source is added after the lists were updated, they are updated once more', async (t) => {
  const { packages, ran, root } = host(t, () => undefined);
  const updates = (): number => ran.filter((argv) => argv.includes('update')).length;
  await packages.offers(['hello', 'nothing'], { refresh: 'when missing' });
  fs.mkdirSync(path.join(root, 'etc/apt/sources.list.d'), { recursive: true });
  fs.writeFileSync(path.join(root, 'etc/apt/sources.list.d/new.list'), 'deb http://new/ stable main');
  t.false(packages.updated);
  await packages.offers(['hello', 'nothing'], { refresh: 'when missing' });
  await packages.offers(['nothing'], { refresh: 'always' });
  t.deepEqual([updates(), packages.updated], [2, true]);
});

test('packages: several installed and one removed, it is one transaction and all that changed is told', async (t) => {
  const { packages, transactions, write } = host(t, (argv) => {
    if (!argv.includes('install')) return undefined;
    write([
      ...database.filter((text) => !text.startsWith('Package: tzdata')),
      paragraph('tzdata', 'deinstall ok config-files', '2024a-0', 'all'),
      paragraph('hello', 'install ok installed', '2.9-1'),
      paragraph('sl', 'install ok installed', '5.02'),
      paragraph('libsl', 'install ok installed', '1'),
    ]);
    return {};
  });
  packages.all();
  const result = await packages.perform(
    step({ install: [{ name: 'hello', version: '2.9-1' }, { name: 'sl' }], remove: ['tzdata'], recommends: false }),
  );
  t.deepEqual(result, {
    did: 'packages',
    changed: {
      hello: { old: '', new: '2.9-1' },
      libsl: { old: '', new: '1' },
      sl: { old: '', new: '5.02' },
      tzdata: { old: '2024a-0', new: '' },
    },
  });
  t.is(transactions().length, 1);
  const argv = transactions()[0] ?? [];
  t.deepEqual(argv.slice(0, 3), ['apt-get', '-q', '-y']);
  t.true(argv.includes('Dpkg::Options::=--force-confold'));
  t.deepEqual(argv.slice(-5), ['--no-install-recommends', 'install', 'hello=2.9-1', 'sl', 'tzdata-']);
});

test("packages: apt fails, the answer has apt's own last lines and what changed all the same", async (t) => {
  const { packages, write } = host(t, (argv) => {
    if (!argv.includes('-y')) return undefined;
    write([...database, paragraph('sl', 'install ok half-configured', '5.02')]);
    return {
      code: 100,
      stderr: 'W: boring\ndpkg: error processing package sl (--configure):\nE: Sub-process failed\n',
    };
  });
  t.deepEqual(await packages.perform(step({ install: [{ name: 'sl' }] })), {
    did: 'packages',
    changed: { sl: { old: '', new: '5.02' } },
    failed: 'dpkg: error processing package sl (--configure):\nE: Sub-process failed',
  });
});

test('packages: apt says it went well but the package is not there, that is a failure', async (t) => {
  const { packages } = host(t, () => undefined);
  const result = await packages.perform(step({ install: [{ name: 'sl' }], remove: ['bash'] }));
  t.like(result, { failed: 'apt-get reported success, but sl is not installed, bash is still there' });
});

test('packages: lists that name files no longer there, are updated and the transaction is done again', async (t) => {
  let tries = 0;
  const { packages, ran, transactions, write } = host(t, (argv) => {
    if (!argv.includes('-y')) return undefined;
    if (tries++ === 0) return { code: 100, stderr: 'E: Failed to fetch http://x/sl.deb  404  Not Found' };
    write([...database, paragraph('sl', 'install ok installed', '5.02')]);
    return undefined;
  });
  t.like(await packages.perform(step({ install: [{ name: 'sl' }] })), { changed: { sl: { old: '', new: '5.02' } } });
  t.is(transactions().length, 2);
  t.is(ran.filter((argv) => argv.includes('update')).length, 1);
});

test('packages: in a tree that does not run, no script may start a service while they are installed', async (t) => {
  const policyRcD = (): string => path.join(given.root, 'usr/sbin/policy-rc.d');
  const given = host(t, (argv) => {
    if (argv.includes('-y')) t.regex(fs.readFileSync(policyRcD(), 'utf8'), /exit 101/);
    return undefined;
  });
  await given.packages.perform(step({ install: [{ name: 'sl' }] }));
  t.is(given.transactions().length, 1);
  t.false(fs.existsSync(policyRcD()));
});

test('packages: names that apt would read as patterns, options or other orders, start no transaction', async (t) => {
  const { packages, transactions } = host(t, () => undefined);
  for (const name of ['ba.h', 'bash-', '-y', '~i', 'ba*'])
    t.like(await packages.perform(step({ install: [{ name }] })), { failed: `no package source has ${name}` });
  t.like(await packages.perform(step({ remove: ['bash+', 'b.sh'] })), { changed: {} });
  t.deepEqual(transactions(), []);
});

test('packages: an earlier dpkg was killed in the middle, its work is finished first', async (t) => {
  let finished = false;
  const { packages, transactions, write } = host(t, (argv) => {
    if (argv[0] === 'dpkg') finished = argv.includes('--configure');
    if (!argv.includes('-y')) return undefined;
    if (!finished) return { code: 100, stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'" };
    write([...database, paragraph('sl', 'install ok installed', '5.02')]);
    return undefined;
  });
  t.deepEqual(await packages.perform(step({ install: [{ name: 'sl' }] })), {
    did: 'packages',
    changed: { sl: { old: '', new: '5.02' } },
  });
  t.is(transactions().length, 2);
});

test('packages: an older version is wanted, apt is allowed to go back', async (t) => {
  const { packages, transactions } = host(t, () => undefined);
  await packages.perform(step({ install: [{ name: 'bash', version: '5.0' }] }));
  t.true(transactions()[0]?.includes('--allow-downgrades'));
  await packages.perform(step({ install: [{ name: 'bash', version: '5.9' }] }));
  t.false(transactions()[1]?.includes('--allow-downgrades'));
});

test('packages: not root, or no apt, or no dpkg, the reason is given and nothing is started', async (t) => {
  const user = host(t, () => undefined, 1000);
  t.regex(user.packages.unchangeable ?? '', /takes root/);
  t.is(user.packages.installed('bash')?.state, 'installed');
  await t.throwsAsync(() => user.packages.perform(step({ remove: ['bash'] })), { code: 'TS_PACKAGES_UNCHANGEABLE' });
  t.deepEqual(user.ran, []);

  const bare = host(t, () => undefined);
  fs.rmSync(path.join(bare.root, 'usr'), { recursive: true });
  t.regex(bare.packages.unchangeable ?? '', /no apt-get/);
  fs.rmSync(path.join(bare.root, 'var'), { recursive: true });
  t.regex(bare.packages.unavailable ?? '', /no dpkg database/);
  t.is(bare.packages.all().size, 0);
});
