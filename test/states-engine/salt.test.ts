import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { run } from './kit.ts';

const fixtures = path.resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'salt');
type Recorded = Record<string, [string, Partial<StateResult>][]>;
const recorded = JSON.parse(readFileSync(path.join(fixtures, 'states.json'), 'utf8')) as Recorded;

/** What does not change from run to run. Salt counts a watch that fired as two runs: the order is compared, not numbers. */
function lasting({ name, result, changes, comment, __id__, __sls__, __state_ran__ }: StateResult) {
  return { name, result, changes, comment, __id__, __sls__, __state_ran__ };
}

/** Where tsalt answers otherwise, on purpose. */
function deliberate(ours: StateResult, salts: Partial<StateResult>, isTest: boolean): boolean {
  return (
    // In test mode what would be done again is said to be to come.
    (isTest && salts.comment === 'Watch statement fired.') ||
    // A condition that is asked before planned changes were made does not tell what the run will do.
    (ours.result === null && ours.comment.endsWith('unknown until run')) ||
    (ours.result === false && salts.result === false && ours.comment.startsWith('Failure!')) ||
    // What is planned is taken for done well: nobody has failed.
    (isTest && ours.comment === 'State was not run because onfail req did not change') ||
    // What is to be checked by a command can't be checked before it is done.
    (isTest && salts.comment?.startsWith('check_cmd determined') === true) ||
    (isTest &&
      ours.result !== false &&
      salts.comment?.startsWith('One or more requisite failed: retry.checked') === true)
  );
}

for (const [words, expected] of Object.entries(recorded)) {
  test(`Salt's own answer: ${words}, the same keys, order, results and comments`, async (t) => {
    const config = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(config, { recursive: true }));
    const args = words.split(' ').filter((word) => word !== 'top');
    const { out, code } = await run(config, path.join(fixtures, 'states'), ['state.apply', ...args]);
    const { local } = JSON.parse(out) as { local: Record<string, StateResult> };
    t.deepEqual(
      Object.keys(local),
      expected.map(([key]) => key),
    );
    for (const [key, salts] of expected) {
      const ours = local[key];
      if (!ours || deliberate(ours, salts, words.includes('test=True'))) continue;
      t.deepEqual(lasting(ours), lasting(salts as StateResult), key);
    }
    t.is(code, expected.some(([, { result }]) => result === false) ? 1 : 0);
  });
}

const saltCall = process.env.SALT_CALL;

/** What the real Salt answers, in the order of its run numbers. */
async function salts(program: string, config: string, words: readonly string[]): Promise<[string, StateResult][]> {
  const minion = {
    id: 'web1',
    file_client: 'local',
    root_dir: config,
    file_roots: { base: [path.join(fixtures, 'states')] },
  };
  writeFileSync(path.join(config, 'minion'), JSON.stringify(minion));
  const args = ['--local', '--config-dir', config, '--out', 'json', 'state.apply', ...words];
  // Failed states are an exit code, too.
  const { stdout } = await promisify(execFile)(program, args).catch((error: unknown) => error as { stdout: string });
  const { local } = JSON.parse(stdout) as { local: Record<string, StateResult> };
  return Object.entries(local).sort(([, a], [, b]) => a.__run_num__ - b.__run_num__);
}

// Where there is one: `.ci/run` installs it.
for (const [words, expected] of saltCall ? Object.entries(recorded) : []) {
  test.serial(`the real Salt: ${words}, its answers are those that were recorded`, async (t) => {
    const config = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(config, { recursive: true }));
    const answers = await salts(
      saltCall ?? '',
      config,
      words.split(' ').filter((word) => word !== 'top'),
    );
    const same = ([key, result]: [string, Partial<StateResult>]) => [key, lasting(result as StateResult)];
    t.deepEqual(JSON.parse(JSON.stringify(answers.map(same))), JSON.parse(JSON.stringify(expected.map(same))));
  });
}
