import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import type { JsonMap } from '../../lib/json.ts';
import { builtinStates, otherNames } from '../../states/registry.ts';
import { needing } from '../kit/needing.ts';
import { foreseeState, harvest, runState, sandbox, type Answers, type Tree, type World } from './sandbox.ts';

/*
 * Every case of `fixtures/states/<module>.<function>.yaml`: what is there before, the arguments, and what is to come of it.
 * `salt` says what Salt 3007 does, where we do something else on purpose.
 */

interface Case extends World {
  readonly args: JsonMap;
  readonly result: boolean;
  readonly changes: JsonMap;
  readonly comment: string;
  /** The comment of test mode. */
  readonly planned: string;
  readonly warnings?: string[];
  readonly after?: Tree;
  /** It changes something each time. */
  readonly again?: boolean;
  /** The commands of the run, where `answers` are given: those that read, then those that change. */
  readonly ran?: string[];
  /** It gives files away, which takes root. */
  readonly root?: boolean;
  /** How they are answered after the run: what the second run sees. */
  readonly then?: Answers;
}

const folder = path.resolve(import.meta.dirname, '../../../test/fixtures/states');
/** What these do is done by apt and systemd: their tests are `pkg.test.ts`, `service.test.ts` and `test/host`. */
const elsewhere = ['pkg', 'service'];

/** Process numbers are nobody's to foresee. */
function comparable(changes: JsonMap): JsonMap {
  return 'pid' in changes ? { ...changes, pid: 0 } : changes;
}

/** The cases were written as root; whoever else runs them owns what is made, and has no name in an empty tree. */
function owned(comment: string): string {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === 0 ? comment : comment.replace('owned by root:root', `owned by ${uid}:${gid}`);
}

const isElsewhere = (name: string): boolean => name in otherNames || elsewhere.includes(name.split('.')[0] ?? '');

test('another name of a function, is that function', async (t) => {
  for (const [name, own] of Object.entries(otherNames))
    t.is(await builtinStates.load(name), await builtinStates.load(own));
});

for (const fun of builtinStates.names.filter((name) => !isElsewhere(name))) {
  const cases = parse(fs.readFileSync(path.join(folder, `${fun}.yaml`), 'utf8')) as Record<string, Case>;
  for (const [situation, expected] of Object.entries(cases)) {
    const testCase = needing('root', !expected.root || process.getuid?.() === 0);
    testCase(`${fun}: ${situation}`, async (t) => {
      const box = sandbox(expected);
      t.teardown(() => box.remove());
      const before = harvest(box.root);

      const plan = await foreseeState(fun, expected.args, box.machine);
      t.is(plan.comment, owned(expected.planned));
      t.deepEqual(harvest(box.root), before, 'test mode changes nothing');

      box.asked.length = 0;
      const run = await runState(fun, expected.args, box.machine);
      t.deepEqual(
        { result: run.result, changes: comparable(run.changes), comment: run.comment },
        { result: expected.result, changes: expected.changes, comment: owned(expected.comment) },
      );
      t.deepEqual(run.warnings, expected.warnings ?? []);
      t.deepEqual(box.asked, expected.ran ?? []);
      if (!plan.unknownUntilRun) t.deepEqual(run.changes, plan.changes, 'what was foreseen is what was done');
      t.deepEqual(harvest(box.root), expected.after ?? before);

      if (!run.result || expected.again || expected.commands || plan.steps.length === 0) return;
      if (expected.answers && !expected.then) return;
      box.answer(expected.then ?? {});
      const second = await runState(fun, expected.args, box.machine);
      t.deepEqual(
        [second.result, second.changes, second.planned.steps],
        [true, {}, []],
        'a second run changes nothing',
      );
    });
  }
}
