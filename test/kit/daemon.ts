import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JsonMap } from '../../lib/json.ts';

const launcher = path.resolve(import.meta.dirname, '..', '..', '..', 'bin', 'tsalt.cjs');

export interface StartOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly around?: readonly string[];
}

/** A master or a minion: a process of its own, with its own config directory. */
export interface Daemon {
  readonly directory: string;
  readonly configDir: string;
  /** What it wrote since the first start. */
  log(): string;
  pid(): number;
  isRunning(): boolean;
  /** Writes the config anew, laid over the last one; a restart reads it. */
  configure(config: JsonMap): void;
  /** Starts it, with that beside its environment, and `around` before its command (such as strace). */
  start(how?: StartOptions): void;
  /** In order, by SIGTERM. Gives its exit code. */
  stop(): Promise<number | null>;
  kill9(): Promise<void>;
  pause(): void;
  resume(): void;
}

/** The environment of a tsalt that is to know nothing of who runs the tests. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TSALT|NODE)_/.test(name)));
}

/** The command that runs tsalt: `[node, tsalt, ...words]`. */
export const tsaltCommand = (...words: string[]): string[] => [process.execPath, launcher, ...words];

/** A daemon that keeps everything under `directory`. It is not started yet. */
export function daemon(verb: 'master' | 'minion', directory: string, first: JsonMap): Daemon {
  const configDir = path.join(directory, 'etc');
  const log = path.join(directory, 'log');
  mkdirSync(configDir, { recursive: true });
  let config: JsonMap = {
    pki_dir: path.join(directory, 'pki'),
    cachedir: path.join(directory, 'cache'),
    sock_dir: path.join(directory, 'run'),
    pidfile: path.join(directory, 'run/pid'),
    ...first,
  };
  let child: ChildProcess | undefined;
  const isRunning = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const started = (): ChildProcess => {
    if (!child) throw new Error(`the ${verb} was never started`);
    return child;
  };

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!isRunning()) return child?.exitCode ?? null;
    const ended = once(started(), 'exit');
    started().kill(signal);
    // One that is paused would not hear of it.
    started().kill('SIGCONT');
    await ended;
    return started().exitCode;
  }

  function configure(changes: JsonMap): void {
    config = { ...config, ...changes };
    // JSON is YAML.
    writeFileSync(path.join(configDir, verb), `${JSON.stringify(config, undefined, 2)}\n`);
  }
  configure({});

  return {
    directory,
    configDir,
    configure,
    isRunning,
    log: () => readFileSync(log, 'utf8'),
    pid: () => started().pid ?? 0,
    start({ environment = {}, around = [] } = {}) {
      const output = openSync(log, 'a');
      const [file = '', ...args] = [...around, ...tsaltCommand(verb, '--config-dir', configDir)];
      const env = { ...plainEnvironment(), ...environment };
      child = spawn(file, args, { stdio: ['ignore', output, output], env, cwd: directory });
      closeSync(output);
    },
    stop: () => end('SIGTERM'),
    async kill9() {
      await end('SIGKILL');
    },
    pause: () => void started().kill('SIGSTOP'),
    resume: () => void started().kill('SIGCONT'),
  };
}
