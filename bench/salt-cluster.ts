import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonMap } from '../lib/json.ts';
import type { Contender } from './measure.ts';
import { saltProgram } from './peers.ts';
import { surroundings, workplace } from './workplace.ts';

/** What `salt-load.py` found of events: milliseconds of a run, and how many of those fired were heard at the end of their way. */
export interface SaltEvents {
  readonly fired: number;
  readonly heard: number;
  /** From firing the first to hearing the last. */
  readonly ms: number;
  /** Its time was over while some were still on their way; else those not heard are lost. */
  readonly gave_up: boolean;
  /** From the minion to the listener, of each that carries its time. */
  readonly lags: readonly number[];
}

/** A Salt master and its minions, each with everything it has below one directory. */
export interface SaltCluster {
  readonly master: ChildProcess;
  readonly minions: readonly ChildProcess[];
  /** `salt '*' test.ping`, the whole command line. */
  readonly ping: Contender;
  /** So many `test.ping`, each on one minion, of one client in one process. */
  jobs(load: { readonly count: number; readonly at_once: number }): Promise<{ returned: number; ms: number }>;
  /** Events of links without a machine behind them: see `events` in `salt-load.py`. */
  events(load: {
    readonly links: number;
    readonly each: number;
    /** Tag glob of what is counted. */
    readonly hear: string;
    /** So many in one request. */
    readonly together?: number;
    readonly per_second?: number;
    /** Each when the one before is done. */
    readonly alone?: boolean;
    /** Seconds in which nothing more is heard until what is missing counts as lost; 10. */
    readonly quiet?: number;
  }): Promise<SaltEvents>;
}

export interface SaltSettings {
  readonly minions?: number;
  /** What a reactor file for `bench/fired` says. */
  readonly reactor?: string;
  /** A process for each job on a minion, which is Salt's default; a thread gives twice as many jobs a second. */
  readonly multiprocessing?: boolean;
}

/** Seconds for one measurement: Salt can hang. */
export const PATIENCE_SECONDS = 120;
/** Seconds for its minions to come up: 50 of them need minutes of CPU. */
const STARTING_SECONDS = 300;
/** For its end by itself; then it is ended. */
const ENDING_MS = 20_000;

/**
 * What `work` finds of a Salt with so many minions, once all of them answer; nothing, and a line that says why, where Salt is
 * not installed or did not do it in time. No process and no file is left.
 */
export async function besideSalt<Found>(
  { minions = 0, reactor, multiprocessing = false }: SaltSettings,
  work: (salt: SaltCluster) => Found | Promise<Found>,
): Promise<Found | undefined> {
  const program = saltProgram();
  if (program === undefined) return undefined;
  const place = workplace();
  const children: ChildProcess[] = [];
  const killAll = (): void => killNaming(place.directory);
  process.once('exit', killAll);
  const own = (name: string): string => path.join(path.dirname(program), name);
  const etc = path.join(place.directory, 'master');

  function start(daemon: 'master' | 'minion', id: string, settings: JsonMap): ChildProcess {
    const home = path.join(place.directory, id);
    mkdirSync(home);
    const places = { root_dir: home, pki_dir: path.join(home, 'pki'), sock_dir: path.join(home, 'run') };
    const quiet = { log_file: path.join(home, 'log'), log_level: 'error', user: os.userInfo().username };
    // JSON is YAML.
    writeFileSync(path.join(home, daemon), JSON.stringify({ ...places, ...quiet, ...settings }));
    const log = openSync(path.join(home, 'out'), 'a');
    const child = spawn(own(`salt-${daemon}`), ['-c', home], { env: surroundings(), stdio: ['ignore', log, log] });
    closeSync(log);
    children.push(child);
    return child;
  }

  /** What a work of `salt-load.py` prints. */
  async function load<Answer>(name: string, work: JsonMap, seconds = PATIENCE_SECONDS): Promise<Answer> {
    const words = [path.resolve(import.meta.dirname, '../../bench/salt-load.py'), etc, name];
    const child = spawn(own('python'), [...words, JSON.stringify({ ...work, seconds })], {
      env: surroundings(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const said: string[] = [];
    const complaints: string[] = [];
    child.stdout.on('data', (text: Buffer) => said.push(String(text)));
    child.stderr.on('data', (text: Buffer) => complaints.push(String(text)));
    // It ends by itself after its seconds, but for what it waits for before.
    const timer = setTimeout(() => child.kill('SIGKILL'), (seconds + 60) * 1000);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    if (code === null) throw new Error(`${name}: given up after ${seconds + 60} s`);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${complaints.join('').trim().slice(-300)}`);
    return JSON.parse(said.join('')) as Answer;
  }

  try {
    const [publish_port, ret_port] = await freePorts(2);
    const ids = Array.from({ length: minions }, (_, index) => `real-${index}`);
    const sls = path.join(place.directory, 'reactor.sls');
    if (reactor !== undefined) writeFileSync(sls, reactor);
    const master = start('master', 'master', {
      interface: '127.0.0.1',
      publish_port: publish_port ?? 0,
      ret_port: ret_port ?? 0,
      auto_accept: true,
      // A minion that is slow is waited for, not asked after.
      timeout: 60,
      ...(reactor !== undefined && { reactor: [{ 'bench/fired': [sls] }] }),
    });
    for (const id of ids) {
      const kind = { multiprocessing, enable_fqdns_grains: false };
      start('minion', id, { id, master: '127.0.0.1', master_port: ret_port ?? 0, ...kind });
    }
    const { ready } = await load<{ ready: number }>('ready', { minions }, STARTING_SECONDS);
    if (ready < minions) throw new Error(`${ready} of ${minions} minions answer after ${STARTING_SECONDS} s`);
    return await work({
      master,
      minions: children.slice(1, 1 + minions),
      ping: { name: 'salt', argv: [own('salt'), '-c', etc, '*', 'test.ping'], limitMs: PATIENCE_SECONDS * 1000 },
      jobs: (what) => load('jobs', { minions: ids, ...what }),
      events: (what) => load('events', what),
    });
  } catch (error) {
    console.log(`  left out: Salt (${error instanceof Error ? error.message : String(error)})`);
    return undefined;
  } finally {
    // Asked to end, a daemon waits for its own processes: what they used of the CPU counts as ours.
    for (const child of children) child.kill('SIGTERM');
    const all = Promise.all(children.map(ended));
    await Promise.race([all, pause(ENDING_MS, undefined, { ref: false })]);
    killAll();
    await all;
    process.removeListener('exit', killAll);
    place.remove();
  }
}

/** Every process whose command line names the directory, as those of Salt do however deep they were started. */
function killNaming(directory: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

/** Ports of 127.0.0.1 that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
