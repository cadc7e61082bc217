import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { steps, type StepName } from '../../cli/demo/steps.ts';
import { eventually } from '../kit/eventually.ts';
import { plainEnvironment, tsaltCommand } from '../kit/daemon.ts';

/** A demo as an audience runs it, with a temporary directory of its own. */
function demo(t: ExecutionContext, ...args: string[]) {
  const temporary = mkdtempSync(path.join(tmpdir(), 'tsalt-demo-test-'));
  const [file = '', ...words] = tsaltCommand('demo', ...args);
  const child = spawn(file, words, { env: { ...plainEnvironment(), TMPDIR: temporary } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  t.teardown(() => {
    child.kill('SIGKILL');
    rmSync(temporary, { recursive: true, force: true });
  });
  return {
    child,
    temporary,
    text: () => text,
    code: new Promise<number | null>((resolve) => child.on('close', resolve)),
  };
}

/** Commands of processes that still have to do with a directory. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(directory) ? [command] : [];
      } catch {
        return [];
      }
    });
}

/** The line of the summary that tells of a step: seen by all, or missed by whom. */
function lineOf(text: string, name: StepName): { readonly seen: boolean; readonly missedBy: readonly string[] } {
  const number = steps.findIndex((step) => step.name === name) + 1;
  const summary = text.slice(text.lastIndexOf('\nSummary\n'));
  const [, mark, missed] = new RegExp(`^ {2}([✔✘]) ${number} .*?(?:\\(not seen: (.*)\\))?$`, 'm').exec(summary) ?? [];
  return { seen: mark === '✔', missedBy: missed?.split(', ') ?? [] };
}

/** Two machines' worth of demos at once. */
const waiting: (() => void)[] = [];
let running = 0;
async function inTurn(work: () => Promise<void>): Promise<void> {
  if (running >= 2) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  await work().finally(() => {
    running--;
    waiting.shift()?.();
  });
}

test('demo: --once, all seven steps are seen for all, the stranger is refused, and nothing is left', (t) =>
  inTurn(async () => {
    const { code, text, temporary } = demo(t, '--once');
    t.is(await code, 0, text());
    for (const { name } of steps) t.deepEqual(lineOf(text(), name), { seen: true, missedBy: [] }, name);
    t.regex(text(), /✔ {3}stranger-\w{12}, which nobody launched, was refused/);
    t.regex(text(), /changed {2}file\.managed \/etc\/motd .*\n +\+ head-\w{12}: configured by tsalt/);
    // Into a pipe go no colours.
    t.false(text().includes('\u001b['));
    t.deepEqual(readdirSync(temporary), []);
    t.deepEqual(processesIn(temporary), []);
  }));

test('demo: Ctrl-C, pressed by somebody impatient, ends all of it', (t) =>
  inTurn(async () => {
    const { code, text, temporary, child } = demo(t);
    await eventually(() => text().includes('going on until Ctrl-C'), 60_000);
    t.true(processesIn(temporary).length >= 4, 'a master and three minions');
    child.kill('SIGINT');
    child.kill('SIGINT');
    t.is(await code, 0);
    t.deepEqual(readdirSync(temporary), []);
    t.deepEqual(processesIn(temporary), []);
  }));

/** What can't be seen either when a step is broken for the members: all, or the last one only. */
const broken: Record<StepName, { readonly all: boolean; readonly too: readonly StepName[] }> = {
  launched: { all: false, too: ['pending', 'accepted', 'started', 'highstate', 'hosts', 'stats'] },
  pending: { all: false, too: ['accepted', 'started', 'highstate', 'hosts', 'stats'] },
  accepted: { all: true, too: ['started', 'highstate', 'hosts', 'stats'] },
  started: { all: false, too: ['highstate', 'hosts', 'stats'] },
  highstate: { all: true, too: ['hosts'] },
  hosts: { all: true, too: [] },
  stats: { all: true, too: [] },
};

for (const { name } of steps) {
  test(`demo: --once without ${name}, exit 1, and that step is named with whom it was missed for`, (t) =>
    inTurn(async () => {
      const { code, text, temporary } = demo(t, '--once', '--timeout', '10', '--without', name);
      t.is(await code, 1, text());
      const { all, too } = broken[name];
      t.is(lineOf(text(), name).missedBy.length, all ? 3 : 1, text());
      for (const other of steps) {
        if (other.name === name || too.includes(other.name)) continue;
        t.true(lineOf(text(), other.name).seen, `${other.name} is seen:\n${text()}`);
      }
      t.deepEqual(processesIn(temporary), []);
    }));
}

test('demo: a machine whose minion was faster than its provider, was launched', (t) => {
  const launched = steps.find(({ name }) => name === 'launched');
  const memberOf = (tag: string) => launched?.memberOf({ seq: 1, tag, data: {} });
  t.is(memberOf('tsalt/instance/head-1/starting'), 'head-1');
  t.is(memberOf('tsalt/instance/head-1/configuring'), 'head-1');
  t.is(memberOf('tsalt/instance/head-1/launched'), undefined, 'known, and not launched yet');
  t.is(memberOf('tsalt/instance/head-1/failed'), undefined);
});

test('demo: a step that there is none of, exit 2 with the nearest', async (t) => {
  const { code, text, temporary } = demo(t, '--without', 'lunched');
  t.is(await code, 2);
  t.regex(text(), /one of launched, pending/);
  t.regex(text(), /did you mean 'launched'\?/);
  t.deepEqual(readdirSync(temporary), []);
});
