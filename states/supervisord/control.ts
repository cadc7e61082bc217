import path from 'node:path';
import * as v from 'valibot';
import type { Command, Reading, Step, StepResult } from '../../lib/contracts/machine.ts';
import type { Outcome, Plan } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { findProgram, lacking } from '../../lib/programs.ts';

/* What the functions of `supervisord` have in common: programs of a supervisord, by supervisorctl. */

export const controlArgs = {
  /** A program, or a group: its name and a colon. */
  name: v.pipe(
    v.string(),
    v.regex(/^[^\s:-][^\s:]*(?::(?:\*|[^\s:]+)?)?$/, 'the name of a program, or of a group with a colon after it'),
    v.transform((name) => name.replace(/:\*$/, ':')),
  ),
  /** The account that supervisorctl runs as. */
  user: v.optional(v.string()),
  conf_file: v.optional(v.pipe(v.string(), v.startsWith('/', 'an absolute path'))),
  /** Where supervisorctl is: the program itself, or the directory of a virtual environment. */
  bin_env: v.optional(v.pipe(v.string(), v.startsWith('/', 'an absolute path'))),
};

export interface Control {
  readonly user?: string | undefined;
  readonly conf_file?: string | undefined;
  readonly bin_env?: string | undefined;
}

export interface Process {
  /** `group:program`, or just the program. */
  readonly name: string;
  /** RUNNING, STARTING, STOPPED, ... */
  readonly state: string;
}

export interface Status {
  readonly problem?: string | undefined;
  readonly program: string;
  readonly processes: readonly Process[];
}

export function control({ user, conf_file: file }: Control, program: string, ...words: readonly string[]): Command {
  const argv = [program, ...(file === undefined ? [] : ['-c', file]), ...words];
  return { argv, ...(user === undefined ? {} : { runas: user }) };
}

/** All programs of the supervisord. */
export async function readStatus(given: Control, machine: Reading): Promise<Status> {
  const program = programOf(given, machine);
  if (program === undefined) {
    const problem =
      given.bin_env === undefined
        ? lacking(machine.files, 'supervisorctl', 'A program of supervisord', 'supervisor')
        : `There is no supervisorctl in ${given.bin_env}`;
    return { problem, program: '', processes: [] };
  }
  try {
    const { stdout, stderr } = await machine.ask(control(given, program, 'status'));
    const lines = stdout.split('\n').filter((line) => line.trim() !== '');
    // Its exit code also says that some do not run; what is no list of programs is a complaint.
    const odd = lines.find((line) => !/^\S+\s+[A-Z]{4,}\b/.test(line));
    if (odd !== undefined || (lines.length === 0 && stderr.trim() !== ''))
      return { problem: `supervisord can't be asked: ${odd ?? stderr.trim()}`, program, processes: [] };
    return { program, processes: parseStatus(stdout) };
  } catch (thrown) {
    return { problem: `supervisord can't be asked: ${messageOf(thrown)}`, program, processes: [] };
  }
}

function programOf({ bin_env: place }: Control, { files }: Reading): string | undefined {
  if (place === undefined) return findProgram(files, 'supervisorctl');
  const program = files.follow(place)?.kind === 'directory' ? path.join(place, 'bin/supervisorctl') : place;
  return files.follow(program)?.kind === 'file' ? program : undefined;
}

function parseStatus(text: string): Process[] {
  return text.split('\n').flatMap((line) => {
    const [, name, state] = /^(\S+)\s+([A-Z]+)/.exec(line) ?? [];
    return name === undefined || state === undefined ? [] : [{ name, state }];
  });
}

/** The processes that a name stands for: itself, or all of a group. */
export function matching({ processes }: Status, name: string): readonly Process[] {
  return processes.filter((one) => one.name === name || (name.endsWith(':') && one.name.startsWith(name)));
}

export function isUp({ state }: Process): boolean {
  return state === 'RUNNING' || state === 'STARTING';
}

/** The step of a command of supervisorctl, after which these processes are in another state. */
export function controlStep(
  given: Control,
  status: Status,
  state: 'RUNNING' | 'STOPPED',
  changed: readonly string[],
  ...words: readonly string[]
): Step {
  const others = status.processes.filter(({ name }) => !changed.includes(name));
  const processes = [...others, ...changed.map((name) => ({ name, state }))];
  const stdout = processes.map((one) => `${one.name} ${one.state}\n`).join('');
  const answers = [{ command: control(given, status.program, 'status'), stdout }];
  return { do: 'run', command: control(given, status.program, ...words), answers };
}

/** Salt's rule: an answer with ERROR in it is a failure, unless it says that there was nothing to do. */
export function reportControl({ changes, comment, done }: Plan, results: readonly StepResult[]): Outcome {
  for (const step of results) {
    if (step.did !== 'run') continue;
    const { stdout, stderr, code } = step.result;
    const said = `${stdout}${stderr}`.trim();
    const isFine = /already started|not running|process group already active/.test(said);
    if (!isFine && (said.includes('ERROR') || code !== 0))
      return { result: false, changes: {}, comment: said === '' ? `supervisorctl ended with code ${code}` : said };
  }
  return { result: true, changes, comment: done ?? comment };
}
