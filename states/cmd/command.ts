import * as v from 'valibot';
import type { Command, CommandResult, Reading, StepResult } from '../../lib/contracts/machine.ts';
import type { Domain, Outcome, Plan } from '../../lib/contracts/state.ts';
import { impossible } from '../../lib/contracts/state.ts';
import { reinterpret } from './stateful.ts';

/* What the functions of `cmd` have in common. */

const scalar = v.union([v.string(), v.number(), v.boolean()]);
const variables = v.record(v.string(), scalar);

const env = v.pipe(
  v.union([v.string(), variables, v.array(v.union([v.string(), variables]))]),
  v.transform((given) => Object.fromEntries((Array.isArray(given) ? given : [given]).flatMap(pairs))),
);

function pairs(given: string | Record<string, string | number | boolean>): [string, string][] {
  if (typeof given !== 'string') return Object.entries(given).map(([name, value]) => [name, String(value)]);
  const at = given.indexOf('=');
  return at < 1 ? [] : [[given.slice(0, at), given.slice(at + 1)]];
}

const umask = v.pipe(
  v.union([v.number(), v.string()]),
  v.transform(String),
  v.regex(/^0?[0-7]{1,3}$/, 'a umask, such as 022'),
  v.transform((digits) => Number.parseInt(digits, 8)),
);

/** A list, or texts with commas between them, as Salt splits them. */
const texts = v.pipe(
  v.union([v.array(v.string()), v.string()]),
  v.transform((given) => (typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given)),
);

export const commandArgs = {
  name: v.pipe(v.string(), v.minLength(1)),
  cwd: v.optional(v.string()),
  env: v.optional(env),
  runas: v.optional(v.union([v.string(), v.number()])),
  shell: v.optional(v.string()),
  umask: v.optional(umask),
  stdin: v.optional(v.string()),
  /** Seconds. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(0))),
  stateful: v.optional(v.union([v.boolean(), v.array(v.record(v.string(), v.string()))]), false),
  success_retcodes: v.optional(
    v.pipe(
      v.union([v.number(), v.array(v.number())]),
      v.transform((given) => [given].flat()),
    ),
  ),
  /** Whatever the exit code: it went well when one of these is in what was printed. */
  success_stdout: v.optional(texts, []),
  success_stderr: v.optional(texts, []),
  /** Directories in front of those that programs are looked for in. */
  prepend_path: v.optional(v.pipe(v.string(), v.minLength(1))),
  output_loglevel: v.optional(v.string()),
  hide_output: v.optional(v.boolean(), false),
};

const commandSchema = v.strictObject(commandArgs);
export type CommandArgs = v.InferOutput<typeof commandSchema>;

export interface CommandFacts {
  readonly problem?: string;
  readonly shell: string;
  /** Where programs are looked for. */
  readonly searchPath: string;
  readonly script?: Buffer;
}

/** Everything may be different after a command. */
const everything: readonly Domain[] = ['files', 'packages', 'services', 'accounts'];

export function readCommand({ cwd, shell, runas }: CommandArgs, machine: Reading): CommandFacts {
  const given = machine.grains['shell'];
  const facts = {
    shell: shell ?? (typeof given === 'string' && given !== '' ? given : '/bin/sh'),
    searchPath: machine.environment['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
  if (cwd !== undefined && machine.files.follow(cwd)?.kind !== 'directory') {
    return { ...facts, problem: `Desired working directory "${cwd}" is not available` };
  }
  if (runas !== undefined && machine.accounts.uid(runas) === undefined) {
    return { ...facts, problem: `User '${runas}' is not available` };
  }
  return facts;
}

/** What Salt puts around a command's name when it speaks of it. */
export type Quote = '"' | "'";

/** The plan to run `text` (what a person wrote for a shell). */
export function planCommand(given: CommandArgs, facts: CommandFacts, text: string, quote: Quote = '"'): Plan {
  if (facts.problem !== undefined) return impossible(facts.problem);
  const { cwd, runas, umask: mask, stdin, timeout } = given;
  const variablesGiven = variablesOf(given, facts);
  const command: Command = {
    argv: [facts.shell, '-c', text],
    ...(cwd === undefined ? {} : { cwd }),
    ...(variablesGiven === undefined ? {} : { env: variablesGiven }),
    ...(runas === undefined ? {} : { runas }),
    ...(mask === undefined ? {} : { umask: mask }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    ...(facts.script === undefined ? {} : { script: facts.script }),
  };
  return {
    changes: { cmd: given.name },
    comment: `Command ${quote}${given.name}${quote} would have been executed`,
    steps: [{ do: 'run', command }],
    unknownUntilRun: true,
    obscures: everything,
  };
}

function variablesOf(
  { env: given, prepend_path: first }: CommandArgs,
  { searchPath }: CommandFacts,
): Record<string, string> | undefined {
  return first === undefined ? given : { ...given, PATH: `${first}:${given?.['PATH'] ?? searchPath}` };
}

/** How the command went. */
export function reportCommand(
  _plan: Plan,
  results: readonly StepResult[],
  given: CommandArgs,
  quote: Quote = '"',
): Outcome {
  const ran = results.find((step) => step.did === 'run');
  if (!ran) return { result: false, changes: {}, comment: `Command ${quote}${given.name}${quote} was not run` };
  const { result } = ran;
  const fine = !result.timedOut && isSuccess(given, result);
  const shown = (text: string): string => (given.hide_output ? '' : text.trimEnd());
  const outcome: Outcome = {
    result: fine,
    changes: {
      pid: result.pid,
      retcode: fine ? 0 : result.code,
      stdout: shown(result.stdout),
      stderr: shown(result.stderr),
    },
    comment: commentOf(given, result, quote),
  };
  return given.stateful === false ? outcome : reinterpret(outcome, result);
}

function isSuccess(given: CommandArgs, { code, stdout, stderr }: CommandResult): boolean {
  return (
    code === 0 ||
    given.success_retcodes?.includes(code) === true ||
    given.success_stdout.some((text) => stdout.includes(text)) ||
    given.success_stderr.some((text) => stderr.includes(text))
  );
}

function commentOf({ name, timeout }: CommandArgs, { timedOut, truncated }: CommandResult, quote: Quote): string {
  const cut = truncated ? '; its output was longer than what is kept' : '';
  return timedOut
    ? `Command ${quote}${name}${quote} was ended: it took longer than ${String(timeout)} seconds${cut}`
    : `Command ${quote}${name}${quote} run${cut}`;
}
