import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sleep, type Clock } from '../../lib/clock.ts';
import { demoErrors } from '../../lib/errors/demo.ts';
import type { JsonMap } from '../../lib/json.ts';
import { connectLocal, type LocalClient } from '../../wire/local/client.ts';

/** Where a demo's master and machines are, and how they are told of each other. */
export interface Stage {
  readonly directory: string;
  readonly control: LocalClient;
  /** Where members on this machine find the master. */
  readonly address: string;
  /** Ports really taken, and the master's key as minions pin it. */
  readonly master: {
    readonly publish_port: number;
    readonly ret_port: number;
    readonly bundle_port: number;
    readonly master_key: string;
  };
  readonly log: string;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly directory: string;
  /** The tree of examples/seven-steps. */
  readonly example: string;
  /** How tsalt is started here: `[node, tsalt]`. */
  readonly tsalt: readonly string[];
  /** The master's config besides what the stage itself says. */
  readonly config: JsonMap;
  readonly clock: Clock;
}

const PATIENCE_MS = 20_000;

/** Starts a master of its own in `directory` and connects to it. Raises `TS_DEMO_NO_MASTER` with the end of its log. */
export async function setStage({ directory, example, tsalt, config, clock }: StageOptions): Promise<Stage> {
  const home = path.join(directory, 'master');
  mkdirSync(path.join(home, 'etc'), { recursive: true });
  const everything: JsonMap = {
    publish_port: 0,
    ret_port: 0,
    bundle_port: 0,
    pki_dir: path.join(home, 'pki'),
    cachedir: path.join(home, 'cache'),
    sock_dir: path.join(home, 'run'),
    pidfile: path.join(home, 'run/master.pid'),
    file_roots: { base: [path.join(example, 'states')] },
    pillar_roots: { base: [path.join(example, 'pillar')] },
    ...config,
  };
  // JSON is YAML.
  writeFileSync(path.join(home, 'etc/master'), `${JSON.stringify(everything, undefined, 2)}\n`);
  const log = path.join(home, 'master.log');
  const child = startMaster([...tsalt, 'master', '--config-dir', path.join(home, 'etc')], log);
  const described = path.join(home, 'run/master.json');
  const until = clock.monotonic() + PATIENCE_MS;
  while (!existsSync(described)) {
    if (child.exitCode !== null || clock.monotonic() > until) {
      await end(child, clock);
      throw demoErrors.noMaster({ log: lastLines(log) });
    }
    await sleep(clock, 20);
  }
  const control = await connectLocal('master', path.join(home, 'run/master.sock'));
  return {
    directory,
    control,
    address: '127.0.0.1',
    master: JSON.parse(readFileSync(described, 'utf8')) as Stage['master'],
    log,
    async close() {
      control.close();
      await end(child, clock);
    },
  };
}

function startMaster(command: readonly string[], log: string): ChildProcess {
  const output = openSync(log, 'a');
  try {
    const [file = '', ...args] = command;
    // Its own group: Ctrl-C is for the demo, which ends it in its turn.
    return spawn(file, args, { stdio: ['ignore', output, output], detached: true });
  } finally {
    closeSync(output);
  }
}

async function end(child: ChildProcess, clock: Clock): Promise<void> {
  child.kill('SIGTERM');
  for (
    const until = clock.monotonic() + 5000;
    child.exitCode === null && child.signalCode === null && clock.monotonic() < until;
  ) {
    await sleep(clock, 20);
  }
  child.kill('SIGKILL');
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
