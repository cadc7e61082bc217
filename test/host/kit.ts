import { mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandResult } from '../../cluster/providers/nspawn/command.ts';
import type { Bind } from '../../cluster/providers/nspawn/machine.ts';
import { nspawnProvider, type ExecOptions, type NspawnProvider } from '../../cluster/providers/nspawn/provider.ts';
import { systemClock } from '../../lib/clock.ts';
import { lineLog } from '../../lib/log.ts';
import { birthOf } from '../../lib/process-birth.ts';

/** The repository, as it was built. */
const root = path.resolve(import.meta.dirname, '..', '..', '..');
/** Images and packages stay here between runs. */
const cacheDirectory = '/var/cache/tsalt/nspawn';
/** Seconds for a boot with all of its user-data, on a machine that has other work. */
const patience = 240;
/** Each run has a directory of its own here, named after the process it belongs to. */
const runs = path.join(tmpdir(), 'tsalt-host-tests');

/** What puts the built tsalt into every host: `node /opt/tsalt/bin/tsalt.cjs`, with the Node that runs the test. */
export const tsaltBinds: readonly Bind[] = [
  { from: realpathSync(process.execPath), to: '/usr/local/bin/node' },
  ...['bin', 'dist', 'node_modules', 'package.json'].map((name) => ({
    from: realpathSync(path.join(root, name)),
    to: `/opt/tsalt/${name}`,
  })),
];

/** One booted host, with everything that can be done to it. */
export interface Host {
  readonly id: string;
  readonly address: string;
  /** Runs a command, whatever comes of it. */
  exec(command: readonly string[], options?: ExecOptions): Promise<CommandResult>;
  /** Runs a command that has to succeed, and gives its output without the last line end. */
  run(...command: string[]): Promise<string>;
  /** Writes a file, making its directories. */
  push(file: string, content: string | Uint8Array, mode?: string): Promise<void>;
  /** Waits for systemd, and with it cloud-init, to have finished booting. */
  booted(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** The journal, also of a dead host. */
  console(): Promise<string>;
}

export interface Hosts {
  readonly provider: NspawnProvider;
  /** The address of this machine that the hosts reach: listen on it. */
  readonly gateway: string;
  /** Launches a host and waits until it and its cloud-init are up. */
  boot(id: string, userData?: string): Promise<Host>;
  /** The host of an id that somebody else launched. */
  host(id: string): Promise<Host>;
  /** Ends all of it. */
  close(): Promise<void>;
}

export interface HostsOptions {
  readonly binds?: readonly Bind[];
  /** Debian packages that can be installed inside. */
  readonly packages?: readonly string[];
}

let opened = 0;

/** Hosts of one test, on a network of their own: `const hosts = await openHosts(); t.teardown(() => hosts.close())`. */
export async function openHosts({ binds = [], packages = [] }: HostsOptions = {}): Promise<Hosts> {
  await sweep();
  opened += 1;
  const directory = path.join(runs, `${process.pid}-${birthOf(process.pid) ?? ''}-${opened}`);
  mkdirSync(directory, { recursive: true });
  const provider = providerOf(directory, binds);
  await provider.image();
  if (packages.length > 0) await provider.providePackages(packages);
  const gateway = await provider.open();
  const host = async (id: string): Promise<Host> => {
    const found = (await provider.list()).find((machine) => machine.id === id);
    return hostOf(provider, id, found?.address ?? '');
  };
  return {
    provider,
    gateway,
    host,
    async boot(id, userData = '#cloud-config\n') {
      await provider.launch({ id, userData }, AbortSignal.timeout(300_000));
      const booting = await host(id);
      await booting.booted();
      return booting;
    },
    close: () => clear(directory),
  };
}

/** Ends what runs that were themselves killed have left. */
export async function sweep(): Promise<void> {
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) {
    const [pid, born] = name.split('-');
    if (birthOf(Number(pid)) !== born) await clear(path.join(runs, name));
  }
}

async function clear(directory: string): Promise<void> {
  const provider = providerOf(directory);
  for (const { id } of await provider.list()) await provider.terminate(id);
  await provider.close();
  rmSync(directory, { recursive: true, force: true });
}

function providerOf(directory: string, binds: readonly Bind[] = []): NspawnProvider {
  const log = lineLog((line) => process.stderr.write(line), Date.now);
  return nspawnProvider({ directory, cacheDirectory, clock: systemClock, log, binds });
}

/** Aborted after ten seconds: a command in a machine that goes down meanwhile may never end. */
export const soon = (): AbortSignal => AbortSignal.timeout(10_000);

function hostOf(provider: NspawnProvider, id: string, address: string): Host {
  const exec: Host['exec'] = (command, options) => provider.exec(id, command, options);
  const run: Host['run'] = async (...command) => {
    const { code, stdout, stderr } = await exec(command);
    if (code !== 0) throw new Error(`${id}: ${command.join(' ')} ended with ${code}: ${stderr || stdout}`);
    return stdout.replace(/\n$/, '');
  };
  return {
    id,
    address,
    exec,
    run,
    async push(file, content, mode = '0644') {
      const write = 'install -D --mode="$2" /dev/null "$1" && cat > "$1"';
      const { code, stderr } = await exec(['sh', '-c', write, 'sh', file, mode], { input: content });
      if (code !== 0) throw new Error(`${id}: can't write ${file}: ${stderr}`);
    },
    async booted() {
      await eventually(
        `${id} has booted`,
        async () => {
          // While it boots, systemd may not answer yet, or never.
          const { stdout } = await exec(['systemctl', 'is-system-running'], { signal: soon() });
          return /^(running|degraded)/.test(stdout);
        },
        patience,
      );
    },
    kill: () => provider.kill(id),
    start: async () => void (await provider.start(id)),
    pause: () => provider.pause(id),
    resume: () => provider.resume(id),
    cut: () => provider.cut(id),
    heal: () => provider.heal(id),
    console: () => provider.console(id),
  };
}

/** Asks until the answer is neither undefined nor false, and gives it; fails after `seconds`, saying what never came true. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  for (const end = performance.now() + seconds * 1000; ;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(50);
  }
}
