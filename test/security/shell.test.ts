import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import * as v from 'valibot';
import { systemClock } from '../../lib/clock.ts';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { Step } from '../../lib/contracts/machine.ts';
import type { StateFunction, StateSchema } from '../../lib/contracts/state.ts';
import { silent } from '../../lib/log.ts';
import { customBeaconsOf } from '../../minion/custom/registries.ts';
import { builtinModules } from '../../minion/modules/registry.ts';
import { builtinStates } from '../../states/registry.ts';
import { sandbox } from '../states/sandbox.ts';

/* Texts are words of a command, one each, and no shell reads them but where the operator has written a command. */

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const rooms = ['cli', 'cluster', 'lib', 'master', 'minion', 'pillar', 'reactors', 'states', 'store', 'wire'];

function sources(folder: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return sources(name);
    return name.endsWith('.ts') ? [{ name, text: readFileSync(path.join(root, name), 'utf8') }] : [];
  });
}
const code = rooms.flatMap(sources);
const having = (pattern: RegExp): string[] => code.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

test('shell: no program of Node itself is started by a shell', (t) => {
  t.true(code.length > 300);
  t.deepEqual(having(/\bshell:\s*true/), []);
  t.deepEqual(having(/import\s*\{[^}]*\b(?:exec|execSync)\b[^}]*\}\s*from\s*'node:child_process'/), []);
  t.deepEqual(having(/child_process'\)\s*\.\s*exec(?:Sync)?\(/), []);
});

test('shell: where one is called by name, the operator has written the command; no other place has one', (t) => {
  t.deepEqual(having(/(?:shell|'(?:\/bin\/)?(?:ba|da)?sh'|usual),\s*\[?'-c'/), [
    'cluster/providers/nspawn/enter.ts',
    'cluster/providers/nspawn/machine.ts',
    'minion/modules/cmd.ts',
    'states/cmd/command.ts',
    'states/engine/conditions.ts',
    'states/file/check-cmd.ts',
  ]);
});

const evil = '$(touch pwned);`touch pwned`|touch pwned&\n\'"\\ > pwned #';
/** Functions whose argument is a command, as Salt has it. */
const commands = /^(?:cmd\.|file\.managed$|state\.|cron\.|at\.|schedule\.)/;

/** Arguments that a schema takes, with the text wherever one may stand. */
function argumentsOf(schema: StateSchema, text: string): unknown {
  const given: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(schema.entries)) {
    const fitting = [text, [text], { [text]: text }, 1, true].find((value) => v.safeParse(entry, value).success);
    if (fitting !== undefined) given[name] = fitting;
  }
  return given;
}

/** A machine that runs nothing, and what it was told to run. */
function recording() {
  const ran: (readonly string[])[] = [];
  const box = sandbox({
    grains: { os: 'Debian', os_family: 'Debian', kernel: 'Linux' },
    processes: {
      run({ argv }) {
        ran.push(argv);
        return Promise.resolve({ pid: 1, code: 0, stdout: '', stderr: '', timedOut: false, truncated: false });
      },
      killAll() {},
    },
  });
  return { ran, box };
}

/** Whether a shell was given the text as a command, or it was torn into words. */
function isTorn(argv: readonly string[]): boolean {
  const at = argv.indexOf('-c');
  const [program = ''] = argv;
  const isShell = /(?:^|\/)(?:ba|da|z)?sh$/.test(program);
  if (isShell && at > 0 && argv[at + 1]?.includes('pwned')) return true;
  // The whole text, wherever a part of it is.
  return argv.some((word) => word.includes('pwned') && !word.includes(evil) && !word.includes(JSON.stringify(evil)));
}

test('shell: every execution function with a text full of letters that a shell obeys, hands it on in one piece', async (t) => {
  let called = 0;
  for (const name of builtinModules.names) {
    const { functions } = await builtinModules.load(name);
    for (const [short, one] of Object.entries(functions)) {
      const fun = `${name}.${short}`;
      const parsed = v.safeParse(one.args, argumentsOf(one.args, evil));
      if (commands.test(fun) || fun === 'test.sleep' || !parsed.success) continue;
      const { ran, box } = recording();
      const context: ExecContext = {
        id: 'm',
        jid: '20260101000000000000',
        machine: box.machine,
        grains: {},
        pillar: {},
        opts: {},
        nodegroups: {},
        clock: systemClock,
        log: silent,
        signal: AbortSignal.timeout(5000),
        failed: () => {},
        pillarFor: async () => ({}),
        call: async () => null,
        applyStates: async () => ({}),
        showStates: async () => ({ errors: [], high: {}, low: [], files: [], top: {} }),
        runningStates: async () => [],
        jobs: { list: async () => [], end: async () => undefined },
        upgrade: async () => ({}),
        tellGrains: async () => {},
        sendEvent: async () => false,
        modules: builtinModules,
        customBeacons: customBeaconsOf(() => undefined),
        syncCustom: async () => ({ changed: {}, renewed: [], problems: {} }),
        clearCache: async () => {},
        mine: { tell: async () => {}, forget: async () => {}, forgetAll: async () => {}, ask: async () => ({}) },
      };
      // Most of it makes no sense to the function, which says so.
      await (async () => one.run(parsed.output, context))().catch(() => {});
      box.remove();
      called++;
      t.deepEqual(ran.filter(isTorn), [], fun);
    }
  }
  t.true(called > 100, `${called} functions`);
});

test('shell: every state function with such a text, plans no command that a shell reads it from', async (t) => {
  let planned = 0;
  for (const fun of builtinStates.names) {
    const state = (await builtinStates.load(fun)) as StateFunction<StateSchema, unknown>;
    const parsed = v.safeParse(state.args, argumentsOf(state.args, evil));
    if (commands.test(fun) || !parsed.success) continue;
    const { ran, box } = recording();
    try {
      const { steps } = state.plan(parsed.output, await state.read(parsed.output, box.machine));
      ran.push(...steps.flatMap((step: Step) => ('command' in step ? [step.command.argv] : [])));
    } catch {
      // As above.
    }
    box.remove();
    planned++;
    t.deepEqual(ran.filter(isTorn), [], fun);
  }
  t.true(planned > 50, `${planned} states`);
});
