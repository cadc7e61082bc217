import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { format } from '../../cli/output/output.ts';
import { usualView, type StateView } from '../../cli/output/view.ts';
import { main } from '../../cli/main.ts';
import { captured, write } from '../states-engine/kit.ts';

interface Case {
  readonly run: string;
  readonly options: Partial<Record<keyof StateView, string | boolean>>;
  readonly color: boolean;
  readonly text: string;
}
interface Recorded {
  readonly runs: Readonly<Record<string, object>>;
  readonly cases: readonly Case[];
}

const fixtures = path.resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'salt');
const recorded = JSON.parse(readFileSync(path.join(fixtures, 'highstate.json'), 'utf8')) as Recorded;

/** The options as the config has them: lists in place of texts with commas. */
function viewOf(options: Case['options']): StateView {
  const list = (text: unknown) => String(text).split(',').filter(Boolean);
  return {
    ...usualView,
    ...(options as unknown as Partial<StateView>),
    state_output_exclude: list(options.state_output_exclude),
    state_output_terse: list(options.state_output_terse),
  };
}

/** Salt puts a state's one line right behind its last warning; here it is a line. */
const withLineEnds = (text: string) =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/(Warnings:\n(?:.*\n)*?.*?)((?:\u001b\[0;0m)?)( (?:\u001b\[[\d;]*m)? Name: )/g, '$1$2\n$3');

for (const { run, options, color, text } of recorded.cases) {
  const words = Object.entries(options)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`);
  test(`highstate: '${run}' ${[...words, ...(color ? ['on a terminal'] : [])].join(' ')}, Salt's own text`, (t) => {
    const io = { ...captured('/'), outIsTerminal: color };
    const ours = format({ web1: recorded.runs[run] }, 'highstate', io, { view: viewOf(options) });
    const isTerse =
      options.state_output?.toString().startsWith('t') || /mixed|filter/.test(String(options.state_output));
    t.is(ours, `${isTerse && options.state_tabular !== true ? withLineEnds(text) : text}\n`);
  });
}

test("call: the config says how states are shown, the command line says otherwise, and a form that isn't one is refused", async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, {
    minion: 'state_output: terse_id\nstate_output_pct: true\nstate_output_exclude: [null, false]\n',
    'states/two.sls': 'fine:\n  test.nop: []\nbad:\n  test.fail_without_changes:\n    - name: other\n',
    'pillar/none.sls': '',
  });
  const roots = ['--file-root', path.join(directory, 'states'), '--pillar-root', path.join(directory, 'pillar')];
  const call = async (...words: string[]) => {
    const io = captured(directory);
    const code = await main(['call', '--config-dir', directory, ...roots, ...words, 'state.apply', 'two'], io);
    return { ...io.printed, code };
  };
  const terse = await call();
  t.regex(
    terse.out,
    /^local:\n  Name: fine - Function: test\.nop - Result: Clean - .* ms\n  Name: bad - .* Result: Failed/,
  );
  t.regex(terse.out, /\nFailure %: 50\.0\n/);
  const quiet = await call('--state-verbose', 'False', '--state-output=mixed');
  t.regex(quiet.out, /^local:\n-+\n +ID: bad\n +Function: test.fail_without_changes\n +Name: other\n/);
  t.regex((await call('--state-output', 'filter')).out, /^local:\n-+\n +ID: fine\n(?!.*ID: bad)/s);
  const wrong = await call('--state-output', 'tense');
  t.regex(wrong.err, /state_output.* one of full, terse, /);
  t.is(wrong.code, 2);
});

const saltCall = process.env.SALT_CALL;
// Where there is one: `.ci/run` installs it.
for (const program of saltCall ? [saltCall] : [])
  test('the real Salt: its texts of state runs are those that were recorded', async (t) => {
    const python = path.join(path.dirname(program), 'python');
    const script = path.join(fixtures, 'record-highstate.py');
    const { stdout } = await promisify(execFile)(python, [script], { maxBuffer: 16 * 1024 * 1024 });
    t.deepEqual(JSON.parse(stdout), recorded);
  });
