import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { parseCrontab } from '../../lib/system/crontab.ts';
import { foresee } from '../../minion/machine/foreseen/foreseen.ts';
import { foreseeState, sandbox } from './sandbox.ts';

const states: readonly (readonly [string, JsonMap])[] = [
  ['cron.present', { name: 'backup', identifier: 'b', minute: 5, comment: 'by night\nor day' }],
  ['cron.env_present', { name: 'MAILTO' }],
  ['cron.present', { name: 'start A=1', special: '@reboot', commented: true }],
  ['cron.present', { name: 'backup --all', identifier: 'b', minute: 7 }],
  ['cron.present', { name: 'gone', hour: 'random' }],
  ['cron.absent', { name: 'gone' }],
];

test('cron: one state after the other, is what crontab gets and reads back', async (t) => {
  const before = {
    '/usr/bin/crontab': { content: '', mode: '0755' },
    '/var/spool/cron/crontabs/root': '# mine\n1 1 1 1 1 job\n',
  };
  const box = sandbox({ before, answers: {} });
  t.teardown(() => box.remove());
  const foreseen = foresee(box.machine);
  for (const [fun, args] of states) {
    const plan = await foreseeState(fun, args, foreseen);
    const [step] = plan.steps;
    t.is(step?.do === 'run' ? step.command.stdin : '', foreseen.files.read('/var/spool/cron/crontabs/root').toString());
    t.deepEqual((await foreseeState(fun, args, foreseen)).steps, []);
  }
  t.is(
    foreseen.files.read('/var/spool/cron/crontabs/root').toString(),
    `# mine
1 1 1 1 1 job
# Lines below here are managed by Salt, do not edit
MAILTO=""
# by night
# or day SALT_CRON_IDENTIFIER:b
7 * * * * backup --all
# SALT_CRON_IDENTIFIER:start A=1
#DISABLED#@reboot start A=1
`,
  );
});

test('cron: lines that are no jobs, stay where they are', (t) => {
  const lines = ['# a', '', 'A = 1 2 3 4 5 6', 'nonsense', '# b', '* * * * *'];
  const { entries } = parseCrontab(['# Lines below here are managed by Salt, do not edit', ...lines].join('\n'));
  t.deepEqual(
    entries.flatMap(({ text }) => text),
    lines,
  );
  t.deepEqual(
    entries.flatMap(({ variable }) => (variable ? [variable] : [])),
    [{ name: 'A', value: '1 2 3 4 5 6' }],
  );
});
