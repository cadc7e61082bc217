import { spawn } from 'node:child_process';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to a fixed, small environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Aborting kills it. */
  readonly signal?: AbortSignal | undefined;
}

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** Runs a command to its end, whatever that is. A command killed by a signal has code 128. Raises `TS_NSPAWN_TOOL_MISSING`. */
export function run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = '', ...args] = command;
  const { cwd, env = {}, input, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: cwd ?? '/',
      env: { ...environment, ...env },
      stdio: 'pipe',
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'ENOENT' ? nspawnErrors.toolMissing({ tool: file }, { cause }) : cause),
    );
    child.on('close', (code) =>
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    );
    // A command that ends without reading its input is no error of ours: its exit code speaks.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Runs a command that has to succeed, and gives its output. Raises `TS_NSPAWN_TOOL_FAILED` with what it said. */
export async function must(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0)
    throw nspawnErrors.toolFailed({ command: command.slice(0, 4).join(' '), code, output: stderr || stdout });
  return stdout;
}
