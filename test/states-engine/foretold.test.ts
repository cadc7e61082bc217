import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { StateResult } from '../../lib/contracts/state.ts';
import { needing } from '../kit/needing.ts';
import { run, write } from './kit.ts';

const names = ['a', 'b', 'd', 'd/x', 'd/y'];
const file = fc.record({
  name: fc.constantFrom(...names),
  fun: fc.constantFrom('managed', 'absent', 'directory', 'append'),
  text: fc.constantFrom('one', 'two'),
  after: fc.option(fc.tuple(fc.constantFrom('require', 'onchanges', 'onfail', 'watch'), fc.nat(5)), { nil: undefined }),
});
type Wanted = { name: string; fun: string; text: string; after: [string, number] | undefined };

function sls(states: readonly Wanted[], directory: string): string {
  return states
    .map(({ name, fun, text, after }, index) => {
      const args = [`- name: ${directory}/${name}`];
      if (fun === 'managed') args.push(`- contents: ${text}`);
      if (fun === 'append') args.push(`- text: ${text}`);
      // Only what stands before: two that wait for each other would not compile.
      if (after && index > 0) args.push(`- ${after[0]}: [s${after[1] % index}]`);
      return `s${index}:\n  file.${fun}:\n${args.map((line) => `    ${line}\n`).join('')}`;
    })
    .join('');
}

test('test mode: any tree of files, what was foretold is what the run did', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const root = path.join(directory, 'tree');
  const apply = async (...words: string[]) => {
    const { out } = await run(directory, path.join(directory, 'states'), ['state.apply', 'x', ...words]);
    return (JSON.parse(out) as { local: Record<string, StateResult> }).local;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 6 }), fc.subarray(names), async (states, there) => {
      rmSync(root, { recursive: true, force: true });
      write(directory, { 'states/x.sls': sls(states as Wanted[], root), 'tree/.keep': '' });
      for (const name of there) {
        if (name === 'd' || existsSync(path.join(root, name))) continue;
        write(root, { [name]: 'one\n' });
      }
      const foretold = await apply('test=True');
      const done = await apply();
      for (const [key, before] of Object.entries(foretold)) {
        const after = done[key];
        if (!after) throw new Error(`${key} did not run`);
        const context = `${key}\n${readFileSync(path.join(directory, 'states/x.sls'), 'utf8')}${JSON.stringify([before, after])}`;
        if (before.result === false || after.result === false) t.is(before.result, after.result, context);
        else t.is(before.result === null, Object.keys(after.changes).length > 0, context);
      }
    }),
    { numRuns: 150 },
  );
  t.pass();
});

function hasGit(): boolean {
  try {
    execFileSync('git', ['--version']);
    return true;
  } catch {
    return false;
  }
}

needing('git', hasGit())(
  'test mode: what a command finds before what is planned, is no failure yet; with nothing planned it is one',
  async (t) => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const clone = `clone:\n  git.latest:\n    - name: ${directory}/source\n    - target: ${directory}/target\n`;
    write(directory, {
      'states/alone.sls': clone,
      'states/after.sls': `${directory}/made:\n  file.directory: []\n${clone}`,
    });
    const foretold = async (name: string) => {
      const { out, code } = await run(directory, path.join(directory, 'states'), ['state.apply', name, 'test=True']);
      const { local } = JSON.parse(out) as { local: Record<string, StateResult> };
      return { code, clone: Object.values(local).find(({ __id__ }) => __id__ === 'clone') };
    };
    const alone = await foretold('alone');
    t.deepEqual([alone.code, alone.clone?.result], [1, false]);
    t.regex(alone.clone?.comment ?? '', /^Failed to check remote refs: fatal: /);
    const after = await foretold('after');
    t.deepEqual([after.code, after.clone?.result], [0, null]);
    t.regex(after.clone?.comment ?? '', /^Failed to check remote refs: .*before what is planned: unknown until run$/s);
  },
);
