import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { foresee } from '../../minion/machine/foreseen/foreseen.ts';
import { foreseeState, prepare, sandbox, type Tree } from './sandbox.ts';

/* What test mode foretells of users and groups is what later states of the run see. */

const program = { content: '', mode: '0755' };
const before: Tree = {
  ...Object.fromEntries(['useradd', 'userdel', 'groupadd', 'groupdel'].map((name) => [`/usr/sbin/${name}`, program])),
  '/etc/login.defs': 'USERGROUPS_ENAB yes\nHOME_MODE 0750\n',
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/sh\n',
  '/etc/group': 'root:x:0:\nanna:x:1000:\nstaff:x:50:anna\n',
  '/etc/skel/.profile': '# hello\n',
  '/home/anna': { dir: true },
};

const situations: Record<string, readonly (readonly [string, JsonMap])[]> = {
  'a new group': [['group.present', { name: 'deploy', members: ['anna'] }]],
  'a group with another number': [['group.present', { name: 'staff', gid: 4000, delusers: ['anna'] }]],
  'a group of users': [['group.present', { name: 'anna', gid: 4000 }]],
  'a group that goes': [['group.absent', { name: 'staff' }]],
  'a new user': [['user.present', { name: 'deploy', groups: ['staff'], fullname: 'D', shell: '/bin/zsh' }]],
  'a new user of a new group': [
    ['group.present', { name: 'deploy' }],
    ['user.present', { name: 'deploy', groups: ['deploy', 'staff'] }],
  ],
  'a user who changes': [['user.present', { name: 'anna', gid: 'staff', groups: [], allow_gid_change: true }]],
  'a user who goes': [['user.absent', { name: 'anna', purge: true }]],
  'a user who goes and comes back': [
    ['user.absent', { name: 'anna' }],
    ['user.present', { name: 'anna', uid: 2000 }],
  ],
};

for (const [situation, states] of Object.entries(situations)) {
  test(`foretold: ${situation}, has nothing left to do`, async (t) => {
    const box = sandbox({ before, answers: {} });
    t.teardown(() => box.remove());
    const foreseen = foresee(box.machine);
    for (const [fun, args] of states) {
      const plan = await foreseeState(fun, args, foreseen);
      t.deepEqual([plan.impossible, plan.steps.length > 0], [undefined, true], plan.comment);
    }
    const [fun, args] = states.at(-1) ?? ['', {}];
    const again = await foreseeState(fun, args, foreseen);
    t.deepEqual([again.changes, again.steps], [{}, []]);
  });
}

test('foretold: the home of a new user belongs to him, and he can own files', async (t) => {
  const box = sandbox({ before, answers: {} });
  t.teardown(() => box.remove());
  const foreseen = foresee(box.machine);
  await foreseeState('user.present', { name: 'deploy' }, foreseen);
  const home = foreseen.files.look('/home/deploy');
  t.deepEqual([home?.kind, home?.mode, home?.uid, home?.gid], ['directory', 0o750, 1001, 1001]);
  t.is(foreseen.files.read('/home/deploy/.profile').toString(), '# hello\n');
  const file = await foreseeState('file.managed', { name: '/home/deploy/x', contents: 'x', user: 'deploy' }, foreseen);
  t.deepEqual([file.impossible, file.changes], [undefined, { diff: 'New file', user: 'deploy' }]);
});

test('foretold: a user who goes, owns nothing any more', async (t) => {
  const box = sandbox({ before, answers: {} });
  t.teardown(() => box.remove());
  const foreseen = foresee(box.machine);
  await foreseeState('user.absent', { name: 'anna' }, foreseen);
  t.is(foreseen.accounts.uid('anna'), undefined);
  const file = await foreseeState('file.managed', { name: '/x', contents: 'x', user: 'anna' }, foreseen);
  t.true(file.impossible);
});

test('user.present: a password is in no command, no comment, no change and no complaint', async (t) => {
  const box = sandbox({ before, answers: {} });
  t.teardown(() => box.remove());
  for (const [password, clear] of [
    ['$6$salt$secret', false],
    ['secret', true],
  ] as const) {
    const plan = await foreseeState('user.present', { name: 'new', password, hash_password: clear }, box.machine);
    const inputs = plan.steps.flatMap((step) => (step.do === 'run' ? [step.command.stdin ?? ''] : []));
    t.true(inputs.includes(`new:${password}\n`));
    const shown = plan.steps.map((step) => (step.do === 'run' ? step.command.argv : step));
    t.notRegex(JSON.stringify([plan.changes, plan.comment, plan.done, shown]), /secret/);
  }
  const complaint = await t.throwsAsync(prepare('user.present', { name: 'new', password: 'sec:ret' }));
  t.notRegex(complaint?.message ?? '', /sec/);
});
