import fs from 'node:fs';
import os from 'node:os';
import test from 'ava';
import { createAccounts } from '../../minion/machine/accounts.ts';
import { createProcesses } from '../../lib/system/processes.ts';
import { needing } from '../kit/needing.ts';

const accounts = createAccounts((path) => fs.readFileSync(path));
const processes = createProcesses({ root: '/', user: (user) => accounts.user(user), maxOutputBytes: 10_000 });
const shell = (script: string): readonly string[] => ['sh', '-c', script];
const withRoot = needing('root', process.getuid?.() === 0);

test('processes: a command, gives its output, its code and what it was told', async (t) => {
  const result = await processes.run({
    argv: shell('pwd; cat; echo "$A" >&2; umask; exit 7'),
    cwd: '/usr',
    env: { A: 'b' },
    stdin: 'typed\n',
    umask: 0o027,
  });
  t.deepEqual(
    [result.code, result.stdout, result.stderr, result.timedOut, result.truncated],
    [7, '/usr\ntyped\n0027\n', 'b\n', false, false],
  );
});

test('processes: a command past its time, is killed with its children and says so', async (t) => {
  const before = Date.now();
  const result = await processes.run({ argv: shell('sleep 60 & echo $!; sleep 60'), timeoutMs: 100 });
  t.true(result.timedOut);
  t.is(result.code, 128 + os.constants.signals.SIGTERM);
  t.true(Date.now() - before < 20_000);
  await gone(Number(result.stdout));
  t.pass();
});

/** Waits until a process has ended (or is a zombie nobody has buried yet). */
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  const alive = (): boolean => {
    try {
      return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  while (alive()) {
    if (Date.now() > deadline) throw new Error(`${pid} is still running`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('processes: output without end, is cut at the limit and says so', async (t) => {
  const result = await processes.run({ argv: shell('yes | head -c 1000000') });
  t.deepEqual([result.stdout.length, result.truncated, result.code], [10_000, true, 0]);
});

test('processes: something left in the background with the output open, is not waited for', async (t) => {
  const result = await processes.run({ argv: shell('sleep 30 & echo $!') });
  t.is(result.code, 0);
  process.kill(Number(result.stdout), 'SIGKILL');
});

test('processes: a program or a directory that does not exist, is said', async (t) => {
  await t.throwsAsync(processes.run({ argv: ['/no/such/program'] }), { code: 'TS_MACHINE_CANNOT_START' });
  await t.throwsAsync(processes.run({ argv: ['true'], cwd: '/no/such' }), { message: /directory \/no\/such does not/ });
  await t.throwsAsync(processes.run({ argv: ['true'], runas: 'nobody-of-that-name' }), {
    code: 'TS_MACHINE_NO_SUCH_USER',
  });
});

test('processes: a signal that ends a command, is its code as a shell has it', async (t) => {
  t.is((await processes.run({ argv: shell('kill -9 $$') })).code, 137);
});

withRoot('processes: a command as another user, has that user, its groups, home and name', async (t) => {
  const { stdout } = await processes.run({
    argv: shell('id -un; id -gn; echo "$HOME $USER $LOGNAME"'),
    runas: 'daemon',
  });
  t.is(stdout, 'daemon\ndaemon\n/usr/sbin daemon daemon\n');
});

withRoot('processes: a command under a root without programs, is refused and never run outside', async (t) => {
  const root = fs.mkdtempSync(`${os.tmpdir()}/tsalt-root-`);
  t.teardown(() => fs.rmSync(root, { recursive: true }));
  const inside = createProcesses({ root, user: () => undefined });
  await t.throwsAsync(inside.run({ argv: ['true'] }), { code: 'TS_MACHINE_NO_COMMANDS_UNDER_ROOT' });
});

test('accounts: names and numbers, are found both ways; a number nobody has is itself', (t) => {
  const asked: string[] = [];
  const people = createAccounts(
    (path) =>
      Buffer.from(
        path === '/etc/passwd'
          ? 'root:x:0:0:root:/root:/bin/bash\n#old:x:7:7::/:/bin/sh\nann:x:1000:100:Ann:/home/ann:/bin/zsh\n'
          : 'root:x:0:\nusers:x:100:ann\n',
      ),
    (database, key) => {
      asked.push(`${database} ${key}`);
      return key === 'far' ? 'far:x:5000:5000::/home/far:/bin/sh\n' : '';
    },
  );
  t.deepEqual([people.uid('ann'), people.uid('0'), people.uid(77), people.gid('users')], [1000, 0, 77, 100]);
  t.deepEqual([people.userName(1000), people.userName(4242), people.groupName(100)], ['ann', '4242', 'users']);
  t.deepEqual([people.uid('far'), people.uid('nobody-here'), people.uid('nobody-here')], [5000, undefined, undefined]);
  t.deepEqual(asked, ['passwd 4242', 'passwd far', 'passwd nobody-here'], 'each is asked for once');
  t.is(people.user('ann')?.home, '/home/ann');
});
