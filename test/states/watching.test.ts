import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { run, write } from '../states-engine/kit.ts';
import { prepare, sandbox } from './sandbox.ts';

/* Functions that do nothing before something they watch has changed. */

test('cmd.wait_script, cmd.watch and module.watch: run when what they watch has changed, and else not', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, {
    'states/x.sls': `
${directory}/conf:
  file.managed:
    - contents: x
script:
  cmd.wait_script:
    - source: salt://say.sh
    - args: hello
    - watch: [{file: ${directory}/conf}]
command:
  cmd.watch:
    - name: echo hello
    - watch: [{file: ${directory}/conf}]
call:
  module.watch:
    - test.echo: [hello]
    - watch: [{file: ${directory}/conf}]
`,
    'states/say.sh': 'echo "$1"',
  });
  const apply = async () => {
    const { out } = await run(directory, path.join(directory, 'states'), ['state.apply', 'x']);
    const { local } = JSON.parse(out) as { local: Record<string, StateResult> };
    return Object.values(local).slice(1);
  };
  const [script, command, call] = await apply();
  t.like(script, { result: true, comment: "Command 'script' run", changes: { stdout: 'hello', retcode: 0 } });
  t.like(command, { result: true, comment: 'Command "echo hello" run', changes: { stdout: 'hello' } });
  t.deepEqual([call?.result, call?.changes], [true, { 'test.echo': 'hello' }]);
  for (const { result, changes } of await apply()) t.deepEqual([result, changes], [true, {}]);
});

test('at.watch: adds its job when what it watches has changed, unless one with the tag waits', async (t) => {
  const box = sandbox({
    before: { '/usr/bin/at': { content: '', mode: '0755' }, '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n' },
    answers: { 'at now + 1 hour': '' },
  });
  t.teardown(() => box.remove());
  const { state, parsed } = await prepare('at.watch', { name: 'echo x', timespec: 'now + 1 hour' });
  const facts = await state.read(parsed, box.machine);
  t.like(state.refresh?.(parsed, facts, ['file: x']), {
    changes: { job: 'echo x', timespec: 'now + 1 hour' },
    done: 'job echo x added and will run on now + 1 hour',
  });
});
