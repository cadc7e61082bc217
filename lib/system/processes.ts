import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { builtin } from '../builtin.ts';
import { systemClock, type Clock } from '../clock.ts';
import type { Command, CommandResult, Processes } from '../contracts/machine.ts';
import { machineErrors } from '../errors/machine.ts';
import type { User } from './account-files.ts';
import { gather } from './output.ts';
import { signalGroup } from './process-tree.ts';

export interface ProcessOptions {
  readonly root: string;
  /** Commands are not confined to the root: they run on the system itself, in that directory. */
  readonly outside?: boolean;
  user(user: string | number): User | undefined;
  readonly clock?: Clock;
  /** Most bytes kept of each of stdout and stderr. */
  readonly maxOutputBytes?: number;
}

export interface RunningProcesses extends Processes {
  /** Kills every process group that is still running, at once. */
  killAll(): void;
}

const MAX_OUTPUT_BYTES = 1024 * 1024;
/** How long a command that ran out of time may take to clean up (a lock, a temporary file) before it is killed hard. */
const KILL_AFTER_MS = 2000;
/** How long output is waited for when the command has ended but something it left in the background holds the pipe. */
const PIPE_GRACE_MS = 500;

/**
 * Runs commands, each in a process group of its own; what runs out of time is ended with all its children. None outlives
 * this process's own orderly exit. Raises `TS_MACHINE_CANNOT_START`, `TS_MACHINE_NO_SUCH_USER`,
 * `TS_MACHINE_NOT_PERMITTED_TO_RUN_AS` and `TS_MACHINE_NO_COMMANDS_UNDER_ROOT`.
 */
export function createProcesses(options: ProcessOptions): RunningProcesses {
  const clock = options.clock ?? systemClock;
  const limit = options.maxOutputBytes ?? MAX_OUTPUT_BYTES;
  const running = new Set<number>();
  const killAll = (): void => running.forEach((pid) => signalGroup(pid, 'SIGKILL'));

  function start(command: Command): ChildProcess {
    const { argv, env, cwd } = howToRun(command, options);
    const [program, ...args] = argv;
    if (program === undefined)
      throw machineErrors.cannotStart({ program: '(nothing)', reason: 'the command is empty' });
    const confined = options.root !== '/' && options.outside !== true;
    return withUmask(command.umask, () =>
      builtin('node:child_process').spawn(program, args, {
        cwd: confined ? '/' : cwd,
        env,
        detached: true,
        stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      }),
    );
  }

  return {
    killAll,
    async run(asked) {
      const [command, removeScript] = withScript(asked, options);
      try {
        return await runToEnd(command);
      } finally {
        removeScript();
      }
    },
  };

  async function runToEnd(command: Command): Promise<CommandResult> {
    const child = start(command);
    const pid = child.pid;
    if (pid !== undefined) {
      if (running.size === 0) process.on('exit', killAll);
      running.add(pid);
    }
    let timedOut = false;
    const timers: (() => void)[] = [];
    if (command.timeoutMs !== undefined && pid !== undefined) {
      timers.push(
        clock.after(command.timeoutMs, () => {
          timedOut = true;
          signalGroup(pid, 'SIGTERM');
          timers.push(clock.after(KILL_AFTER_MS, () => signalGroup(pid, 'SIGKILL')));
        }),
      );
    }
    const stdout = gather(child.stdout, limit);
    const stderr = gather(child.stderr, limit);
    // A command that does not read its input is no error.
    child.stdin?.on('error', () => {});
    child.stdin?.end(command.stdin);
    try {
      const code = await ended(child, command, clock, timers);
      return {
        pid: pid ?? 0,
        code,
        stdout: stdout.text(),
        stderr: stderr.text(),
        timedOut,
        truncated: stdout.truncated() || stderr.truncated(),
      } satisfies CommandResult;
    } finally {
      for (const cancel of timers) cancel();
      // What is left of a group that ran out of time goes too, also when its leader ended in time.
      if (timedOut && pid !== undefined) signalGroup(pid, 'SIGKILL');
      if (pid !== undefined) running.delete(pid);
      if (running.size === 0) process.off('exit', killAll);
    }
  }
}

/** The command with its script put into a private file, and what removes that. */
function withScript(command: Command, options: ProcessOptions): [Command, () => void] {
  if (command.script === undefined) return [command, () => {}];
  const { scriptFile = {} } = command;
  const { directory = options.root === '/' ? os.tmpdir() : '/tmp', name = 'script', ending = '' } = scriptFile;
  const folder = fs.mkdtempSync(path.join(options.root, directory, '.tsalt-script-'));
  const file = path.join(folder, path.basename(`${name}${ending}`));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    fs.writeFileSync(file, command.script, { mode: 0o700, flag: 'wx' });
    const user = command.runas === undefined ? undefined : options.user(command.runas);
    if (user && process.getuid?.() === 0) {
      fs.chownSync(file, user.uid, user.gid);
      fs.chownSync(folder, user.uid, user.gid);
    }
  } catch (error) {
    remove();
    throw error;
  }
  const inside = options.root === '/' ? file : file.slice(options.root.length);
  return [{ ...command, argv: [...command.argv, inside] }, remove];
}

/** Its exit code, or 128 + the signal's number, as a shell has it. */
function ended(child: ChildProcess, command: Command, clock: Clock, timers: (() => void)[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT' && command.cwd !== undefined && !fs.existsSync(command.cwd);
      const reason = missing ? `its working directory ${command.cwd} does not exist` : error.message;
      reject(machineErrors.cannotStart({ program: command.argv[0] ?? '', reason }, { cause: error }));
    });
    const codeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
      code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]);
    child.once('exit', (code, signal) => {
      timers.push(
        clock.after(PIPE_GRACE_MS, () => {
          child.stdout?.destroy();
          child.stderr?.destroy();
          resolve(codeOf(code, signal));
        }),
      );
    });
    child.once('close', (code, signal) => resolve(codeOf(code, signal)));
  });
}

/** The arguments that run the command as whom and where it is wanted, and its environment. */
function howToRun(
  command: Command,
  options: ProcessOptions,
): { readonly argv: string[]; readonly env: NodeJS.ProcessEnv; readonly cwd: string } {
  let argv = [...command.argv];
  let env: NodeJS.ProcessEnv = { ...process.env };
  if (command.runas !== undefined) {
    const user = options.user(command.runas);
    if (!user) throw machineErrors.noSuchUser({ user: String(command.runas) });
    env = { ...env, HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: user.shell };
    if (user.uid !== process.getuid?.()) {
      if (process.getuid?.() !== 0) throw machineErrors.notPermittedToRunAs({ user: user.name });
      // Not spawn's own uid and gid: these take all supplementary groups away.
      argv = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--', ...argv];
    }
  }
  const home = env['HOME'];
  const isDirectory =
    home !== undefined && fs.statSync(path.join(options.root, home), { throwIfNoEntry: false })?.isDirectory();
  const cwd = command.cwd ?? (isDirectory === true ? home : '/');
  if (options.root !== '/' && options.outside === true) {
    return {
      argv,
      env: { ...env, TSALT_ROOT: options.root, ...command.env },
      cwd: path.join(options.root, command.cwd ?? '/'),
    };
  }
  if (options.root !== '/') {
    const possible = process.getuid?.() === 0 && fs.existsSync(path.join(options.root, 'usr/bin/env'));
    if (!possible) throw machineErrors.noCommandsUnderRoot({ root: options.root });
    argv = ['chroot', options.root, '/usr/bin/env', `--chdir=${cwd}`, '--', ...argv];
  }
  return { argv, env: { ...env, ...command.env }, cwd };
}

function withUmask<T>(umask: number | undefined, work: () => T): T {
  if (umask === undefined) return work();
  const before = process.umask(umask);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}
