import test from 'ava';
import { foresee } from '../../minion/machine/foreseen/foreseen.ts';
import { sandbox } from '../states/sandbox.ts';

test('machine: a command that must succeed and does not, its last words are told', async (t) => {
  const box = sandbox({
    answers: { 'modprobe nothing': { code: 1, stderr: 'modprobe: FATAL: Module nothing not found\n' } },
  });
  t.teardown(() => box.remove());
  const { machine } = box;
  const command = { argv: ['modprobe', 'nothing'] };
  await t.throwsAsync(async () => machine.perform({ do: 'run', command, must: true }), {
    code: 'TS_MACHINE_COMMAND_FAILED',
    message: 'modprobe nothing ended with code 1: modprobe: FATAL: Module nothing not found',
  });
  const free = await machine.perform({ do: 'run', command });
  t.is(free.did === 'run' && free.result.code, 1);
});

test('machine: what a command foretells, later states of a test run read, and nothing is changed', (t) => {
  const box = sandbox({ before: { '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n' } });
  t.teardown(() => box.remove());
  const { machine } = box;
  const foreseen = foresee(machine);
  const content = Buffer.from('root:x:0:0:root:/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n');
  foreseen.lay({
    do: 'run',
    command: { argv: ['useradd', 'deploy'] },
    foretells: [
      { do: 'write', path: '/etc/passwd', content },
      { do: 'mkdir', path: '/home/deploy', parents: true, uid: 1000 },
    ],
  });
  t.is(foreseen.accounts.uid('deploy'), 1000);
  t.like(foreseen.files.look('/home/deploy'), { kind: 'directory', uid: 1000 });
  t.is(machine.accounts.uid('deploy'), undefined);
  t.is(machine.files.look('/home'), undefined);
});

test('machine: what a link led to is foreseen to be gone from below it, once something else is in its place', (t) => {
  const box = sandbox({ before: { '/t/a/a': { link: '../a' } } });
  t.teardown(() => box.remove());
  const foreseen = foresee(box.machine);
  t.like(foreseen.files.look('/t/a/a/a'), { kind: 'symlink' });
  foreseen.lay({ do: 'write', path: '/t/a/a', content: Buffer.from('x') });
  t.is(foreseen.files.look('/t/a/a/a'), undefined);
  t.deepEqual(foreseen.files.list('/t/a'), ['a']);
});
