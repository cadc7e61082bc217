// Shows that tests have teeth: takes out one guard after the other, in a copy, and expects the test that is about it to fail.
//   node scripts/mutants/main.mjs LIST.json [WORD...]    those whose guard has one of the words in it, such as C5
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { mutated, readMutants } from './mutants.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');
const [list, ...words] = process.argv.slice(2);
if (list === undefined) {
  console.error('which list? node scripts/mutants/main.mjs LIST.json [WORD...]');
  process.exit(2);
}
const mutants = readMutants(path.resolve(list)).filter(
  ({ guard }) => words.length === 0 || words.some((word) => guard.split(' ').includes(word)),
);
const copy = mkdtempSync(path.join(tmpdir(), 'tsalt-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** What tests wait for comes soon, or not at all. */
const environment = { TSALT_TEST_PATIENCE_MS: '20000' };

/** No test file takes so long, in ms: one that does hangs. */
const LONGEST_MS = 15 * 60_000;

/** Runs a tool of the copy, and ends whatever that has left running; gives its exit code and what it said. */
function run(tool, ...args) {
  const { pid, status, stdout, stderr } = spawnSync(path.join('node_modules', '.bin', tool), args, {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...environment },
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
    // A group of its own: tests that were broken off leave masters and minions.
    detached: true,
  });
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
  return { code: status ?? 1, said: stripVTControlCharacters(stdout + stderr) };
}

function compile(what) {
  // A guard that is gone may leave a name that nobody uses.
  const { code, said } = run(
    'tsc',
    '-p',
    'tsconfig.json',
    '--noUnusedLocals',
    'false',
    '--noUnusedParameters',
    'false',
  );
  if (code !== 0) throw new Error(`${what} does not compile:\n${said}`);
}

/** The titles of tests that failed; undefined when the file passed. A file that broke without a test failing is no proof. */
function fallen(test) {
  const { code, said } = run('ava', '--fail-fast', '--timeout=60s', test);
  if (code === 0) return undefined;
  // One that does not come to its end has failed, too.
  const titles = [...said.matchAll(/^ {2}(?:[✘×] \[fail\]:|◌) (.*?)(?: \(.*\))?$/gm)].map(([, title]) => title);
  if (titles.length === 0) throw new Error(`${test} broke, and no test of it failed:\n${said.slice(-3000)}`);
  return titles;
}

cpSync(root, copy, {
  recursive: true,
  filter: (from) => !['.git', 'node_modules', 'dist'].some((name) => from === path.join(root, name)),
});
symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
compile('the source as it is');
const broken = [...new Set(mutants.map(({ test }) => test))].filter((test) => fallen(test) !== undefined);
if (broken.length > 0) {
  console.error(`with every guard in place these fail already: ${broken.join(', ')}`);
  process.exit(1);
}

const survived = [];
for (const mutant of mutants) {
  const { guard, file, test } = mutant;
  const outcome = taken(mutant);
  if (!outcome.caught) survived.push(guard);
  console.log(`${outcome.caught ? 'caught  ' : 'SURVIVED'}  ${guard}  (${file})`);
  console.log(`          ${outcome.caught ?? outcome.broken ?? `nothing in ${test} failed`}`);
}
console.log(`${mutants.length - survived.length} of ${mutants.length} caught`);
process.exit(survived.length === 0 ? 0 : 1);

/** What comes of taking one guard out: the first test that failed, or why that says nothing. */
function taken(mutant) {
  const source = path.join(copy, mutant.file);
  const before = readFileSync(source);
  try {
    writeFileSync(source, mutated(copy, mutant));
    compile('the source without it');
    return { caught: fallen(mutant.test)?.[0] };
  } catch (error) {
    return { broken: error instanceof Error ? error.message : String(error) };
  } finally {
    writeFileSync(source, before);
  }
}
