import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { sleep } from '../../lib/clock.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { birthOf } from '../../lib/process-birth.ts';
import type { LaunchedMachine, Provider } from '../../lib/contracts/provider.ts';

export interface ProcessProviderOptions {
  /** Everything of its machines is below this directory. */
  readonly directory: string;
  /** How tsalt is started here: `[node, tsalt]`. */
  readonly tsalt: readonly string[];
  readonly clock: Clock;
}

interface Started {
  readonly pid: number;
  /** When the kernel says the process began (clock ticks since boot): tells it from a later one of the same number. */
  readonly born: string;
}

/** How long a minion is given to end by itself, in ms. */
const PATIENCE_MS = 3000;

/**
 * Machines that are minion processes on this one, each managing a directory of its own as `root:`. Its user-data is the
 * minion's config (YAML). No root needed; nothing outside `directory` is touched.
 */
export function processProvider({ directory, tsalt, clock }: ProcessProviderOptions): Provider {
  const homeOf = (id: string): string => path.join(directory, parseMinionId(id));
  const recordOf = (id: string): string => path.join(homeOf(id), 'process.json');

  function runningOf(id: string): Started | undefined {
    const started = readRecord(recordOf(id));
    return started && birthOf(started.pid) === started.born ? started : undefined;
  }

  function describe(id: string, started: Started | undefined): LaunchedMachine {
    return { id, handle: String(started?.pid ?? ''), address: '127.0.0.1', state: started ? 'running' : 'stopped' };
  }

  return {
    name: 'process',
    userDataForm: 'minion-config',
    async launch({ id, userData }) {
      const already = runningOf(id);
      if (already) return describe(id, already);
      const home = homeOf(id);
      for (const folder of ['etc/minion.d', 'root/etc', 'cache', 'run'])
        mkdirSync(path.join(home, folder), { recursive: true });
      writeFileSync(path.join(home, 'etc/minion'), userData, { mode: 0o600 });
      writeFileSync(path.join(home, 'etc/minion.d/place.conf'), JSON.stringify(placeOf(home)));
      const started = start(
        [...tsalt, 'minion', '--config-dir', path.join(home, 'etc')],
        path.join(home, 'minion.log'),
      );
      writeFileSync(recordOf(id), JSON.stringify(started));
      return describe(id, started);
    },
    async list() {
      return readIds(directory).map((id) => describe(id, runningOf(id)));
    },
    async terminate(id) {
      const started = runningOf(id);
      if (started) await stop(started, clock);
      rmSync(homeOf(id), { recursive: true, force: true });
    },
  };
}

/** The part of a minion's config that says where its own files are. JSON is YAML. */
function placeOf(home: string): Record<string, string> {
  return {
    root: path.join(home, 'root'),
    cachedir: path.join(home, 'cache'),
    pki_dir: path.join(home, 'pki'),
    sock_dir: path.join(home, 'run'),
    pidfile: path.join(home, 'run/minion.pid'),
  };
}

function start(command: readonly string[], log: string): Started {
  const output = openSync(log, 'a');
  try {
    const [file = '', ...args] = command;
    const child = spawn(file, args, { detached: true, stdio: ['ignore', output, output] });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, born: birthOf(pid) ?? '' };
  } finally {
    closeSync(output);
  }
}

async function stop({ pid, born }: Started, clock: Clock): Promise<void> {
  const alive = (): boolean => birthOf(pid) === born;
  signalGroup(pid, 'SIGTERM');
  for (const until = clock.monotonic() + PATIENCE_MS; alive() && clock.monotonic() < until;) await sleep(clock, 20);
  if (alive()) signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (cause) {
    // Gone already is what was wanted.
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}

function readRecord(file: string): Started | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Started;
  } catch {
    return undefined;
  }
}

function readIds(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
