import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecFunction } from '../../lib/contracts/execution.ts';
import type { CommandResult } from '../../lib/contracts/machine.ts';

const scalar = v.union([v.string(), v.number(), v.boolean()]);
const variables = v.record(v.string(), scalar);

const args = v.strictObject({
  cmd: v.pipe(v.string(), v.minLength(1)),
  cwd: v.optional(v.string()),
  stdin: v.optional(v.string()),
  runas: v.optional(v.union([v.string(), v.number()])),
  shell: v.optional(v.string()),
  env: v.optional(v.union([variables, v.array(variables)])),
  umask: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.regex(/^[0-7]{1,4}$/))),
  /** Seconds. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(0))),
});

type Args = v.InferOutput<typeof args>;

async function run(given: Args, context: ExecContext): Promise<CommandResult> {
  const { machine, grains } = context;
  const { cmd, cwd, stdin, runas, env, umask, timeout } = given;
  const usual = typeof grains['shell'] === 'string' && grains['shell'] !== '' ? grains['shell'] : '/bin/sh';
  const told = Object.assign({}, ...[env ?? []].flat()) as Record<string, string | number | boolean>;
  const result = await machine.processes.run({
    argv: [given.shell ?? usual, '-c', cmd],
    env: Object.fromEntries(Object.entries(told).map(([name, value]) => [name, String(value)])),
    ...(cwd === undefined ? {} : { cwd }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(runas === undefined ? {} : { runas }),
    ...(umask === undefined ? {} : { umask: Number.parseInt(umask, 8) }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
  });
  if (result.code !== 0 || result.timedOut) context.failed(result.code || 1);
  return result;
}

/** A function that runs a command for a shell and gives a part of what came of it. */
function runner(summary: string, give: (result: CommandResult, given: Args) => unknown): ExecFunction {
  return defineFunction({ summary, args, run: async (given, context) => give(await run(given, context), given) });
}

const stdout = (result: CommandResult): string => result.stdout.trimEnd();
const stderr = (result: CommandResult): string => result.stderr.trimEnd();
/** All that was printed, and what is not to be seen in it. */
const both = (result: CommandResult, { cmd, timeout }: Args): string => {
  const notes = [
    result.truncated ? 'the output was too long to be kept: this is its beginning' : '',
    // Salt's words.
    result.timedOut ? `${cmd} : Timed out after ${timeout} seconds` : '',
  ];
  return [stdout(result), stderr(result), ...notes].filter((text) => text !== '').join('\n');
};

/** Commands, written for a shell. */
export default defineModule({
  run: runner('Runs a command and gives what it prints, errors included.', both),
  shell: runner('Runs a command and gives what it prints, errors included.', both),
  run_stdout: runner('Runs a command and gives its standard output.', stdout),
  run_stderr: runner('Runs a command and gives its standard error.', stderr),
  retcode: runner('Runs a command and gives its exit code.', ({ code }) => code),
  run_all: runner('Runs a command and gives its exit code, both outputs and its process number.', (result) => ({
    pid: result.pid,
    retcode: result.code,
    stdout: stdout(result),
    stderr: stderr(result),
    ...(result.timedOut ? { timed_out: true } : {}),
    ...(result.truncated ? { truncated: true } : {}),
  })),
  which: defineFunction({
    summary: 'Where a program is, by PATH; empty when it is nowhere.',
    args: v.strictObject({ cmd: v.string() }),
    sync: true,
    run: ({ cmd }, context) => which(cmd, context) ?? '',
  }),
  has_exec: defineFunction({
    summary: 'Whether there is a program of that name in PATH.',
    args: v.strictObject({ cmd: v.string() }),
    sync: true,
    run: ({ cmd }, context) => which(cmd, context) !== undefined,
  }),
});

const EXECUTABLE = 0o111;

function which(name: string, { machine }: ExecContext): string | undefined {
  const folders = (process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(':');
  const places = name.startsWith('/') ? [name] : folders.map((folder) => `${folder}/${name}`);
  return places
    .filter((place) => place.startsWith('/'))
    .find((place) => {
      const facts = machine.files.follow(place);
      return facts?.kind === 'file' && (facts.mode & EXECUTABLE) !== 0;
    });
}
