import { spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { gitErrors } from '../../lib/errors/git.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { Repository } from '../../lib/git/kept.ts';
import { gather } from '../../lib/system/output.ts';
import { signalGroup } from '../../lib/system/process-tree.ts';

export interface GitCommand {
  /** For a person: "fetching", "listing". */
  readonly doing: string;
  /** Words of ours and ids of objects; nothing that a remote or a config names. */
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly timeoutMs: number;
}

export interface Git {
  /** What git writes, as text. Raises `TS_GIT_FAILED`, `TS_GIT_TOOK_TOO_LONG`, `TS_GIT_TOO_MUCH`. */
  text(command: GitCommand): Promise<string>;
  /** The same as bytes, read no faster than `take` is done with them; what it throws ends git. */
  stream(command: GitCommand, take: (output: Readable) => Promise<void>): Promise<void>;
}

export interface GitOptions {
  readonly repository: Repository;
  /** For people, in errors. */
  readonly remote: string;
  /** The bare repository that git works in. */
  readonly gitDir: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const MOST_TEXT_BYTES = 16 * 1024 * 1024;
const MOST_COMPLAINT_BYTES = 8 * 1024;
/** A pack, and any other file that git writes, is no larger. */
const MOST_FILE_BYTES = 4 * 1024 * 1024 * 1024;
/** How long git may take to end when it is told to. */
const KILL_AFTER_MS = 2000;

/*
 * The key's path comes from the environment: this text is git's for a shell, and nothing of a config is in it. Nobody is
 * asked for a password, and a host that is not known is not believed.
 */
const SSH =
  'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=2';
const SSH_WITH_KEY = `${SSH} -o IdentitiesOnly=yes -i "$TSALT_GIT_KEY"`;

/**
 * The system's git for one repository: with no config, hook, helper or filter of anyone's, no program in place of a
 * protocol, and everything about the remote in its environment, not among its arguments.
 */
export function gitFor({ repository, remote, gitDir, clock, signal }: GitOptions): Git {
  async function stream(command: GitCommand, take: (output: Readable) => Promise<void>): Promise<void> {
    const { doing, args, stdin, timeoutMs } = command;
    signal.throwIfAborted();
    const child = spawn('prlimit', [`--fsize=${MOST_FILE_BYTES}`, 'git', ...args], {
      cwd: gitDir,
      env: environmentOf(repository, remote, gitDir),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { pid } = child;
    let tookTooLong = false;
    const end = (): void => {
      if (pid === undefined) return;
      signalGroup(pid, 'SIGTERM');
      timers.push(clock.after(KILL_AFTER_MS, () => signalGroup(pid, 'SIGKILL')));
    };
    const timers = [
      clock.after(timeoutMs, () => {
        tookTooLong = true;
        end();
      }),
    ];
    const atExit = (): void => void (pid !== undefined && signalGroup(pid, 'SIGKILL'));
    process.on('exit', atExit);
    signal.addEventListener('abort', end, { once: true });
    const complaint = gather(child.stderr, MOST_COMPLAINT_BYTES);
    // Git may end without reading all of it; its exit code tells why.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(gitErrors.failed({ remote, doing, reason: messageOf(cause) }, { cause })));
      child.once('close', (code) => resolve(code));
    });
    // Told below, also when taking fails first.
    ended.catch(() => {});
    try {
      await take(child.stdout);
      const code = await ended;
      if (tookTooLong) throw gitErrors.tookTooLong({ remote, doing, seconds: Math.round(timeoutMs / 1000) });
      if (code !== 0) throw gitErrors.failed({ remote, doing, reason: reasonIn(complaint.text(), code) });
    } catch (cause) {
      end();
      child.stdout.destroy();
      await ended.catch(() => {});
      throw tookTooLong ? gitErrors.tookTooLong({ remote, doing, seconds: Math.round(timeoutMs / 1000) }) : cause;
    } finally {
      for (const cancel of timers) cancel();
      process.off('exit', atExit);
      signal.removeEventListener('abort', end);
    }
  }

  return {
    stream,
    async text(command) {
      const parts: Buffer[] = [];
      let bytes = 0;
      await stream(command, async (output) => {
        for await (const part of output as AsyncIterable<Buffer>) {
          bytes += part.length;
          if (bytes > MOST_TEXT_BYTES)
            throw gitErrors.tooMuch({ remote, what: 'more to tell than is read', most: `${MOST_TEXT_BYTES} bytes` });
          parts.push(part);
        }
      });
      return Buffer.concat(parts).toString('utf8');
    },
  };
}

/** What git says went wrong, on one line; control characters are nobody's terminal's. */
function reasonIn(complaint: string, code: number | null): string {
  const lines = complaint.split('\n').map((line) => line.replace(/^(?:fatal|error|remote|hint): /, '').trim());
  const said = lines
    .filter((line) => line !== '')
    .join('; ')
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, 500);
  return said === '' ? `it ended with ${String(code ?? 'a signal')}` : said;
}

function environmentOf(repository: Repository, remote: string, gitDir: string): NodeJS.ProcessEnv {
  const foreign = Object.entries(process.env).filter(([name]) => !/^(?:GIT|SSH_ASKPASS)/.test(name));
  const config: readonly (readonly [string, string])[] = [
    ['remote.origin.url', repository.url],
    ['core.hooksPath', devNull],
    ['core.fsmonitor', 'false'],
    ['credential.helper', ''],
    ['fetch.recurseSubmodules', 'false'],
    ['protocol.ext.allow', 'never'],
    ['http.sslVerify', String(repository.ssl_verify)],
    // What stalls is given up.
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '30'],
    ['fetch.unpackLimit', '1'],
    ['gc.autoPackLimit', '20'],
    ['gc.pruneExpire', 'now'],
    ['gc.autoDetach', 'false'],
    ['maintenance.autoDetach', 'false'],
    ...(repository.http_header_file === undefined
      ? []
      : [['http.extraHeader', headerIn(repository.http_header_file, remote)] as const]),
  ];
  return {
    ...Object.fromEntries(foreign),
    LC_ALL: 'C.UTF-8',
    GIT_DIR: gitDir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: repository.privkey === undefined ? SSH : SSH_WITH_KEY,
    ...(repository.privkey !== undefined && { TSALT_GIT_KEY: repository.privkey }),
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** The header in a file. What is in it is in no error. */
function headerIn(file: string, remote: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw gitErrors.failed({ remote, doing: 'reading the http_header_file of', reason: messageOf(cause) }, { cause });
  }
  if (/^[A-Za-z-]+: *[\u0020-\u007e]+$/.test(text)) return text;
  const reason = `${file} has to be one line, such as 'Authorization: Bearer ...'`;
  throw gitErrors.failed({ remote, doing: 'reading the http_header_file of', reason });
}
