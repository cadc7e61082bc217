import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Json, JsonMap } from '../lib/json.ts';
import { isMap } from '../lib/json.ts';
import { connectLocal, type LocalClient } from '../wire/local/client.ts';
import { surroundings, tsalt, workplace } from './workplace.ts';

/** A master in a process of its own, with everything it has below one directory, and the minions that belong to it. */
export interface Site {
  readonly directory: string;
  /** `--config-dir` of the master. */
  readonly masterConfig: string;
  readonly master: ChildProcess;
  readonly control: LocalClient;
  /**
   * Ends the master by that signal and starts it again on the same ports. The answer: milliseconds from its start until it
   * answers. `meanwhile` is done while there is none.
   */
  restartMaster(signal: 'SIGKILL' | 'SIGTERM', meanwhile?: () => void): Promise<number>;
  /** How a minion reaches the master: part of its config. */
  readonly address: { readonly master: string; readonly master_port: number; readonly master_key: string };
  /** Starts a minion process that manages a directory of its own. */
  startMinion(id: string, config?: JsonMap): ChildProcess;
  /** Accepts all keys until so many minions are connected. */
  acceptUntil(connected: number): Promise<void>;
  /** The counters of a part of the master. */
  stats(part: string): Promise<Readonly<Record<string, number>>>;
  /** Ends all processes and removes the directory. */
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;

export interface SiteOptions {
  /** The master's config besides its place; may write files that it names below the directory. */
  readonly config?: (directory: string) => JsonMap;
  /** Each process runs a copy of Node of its own, so that it shares no memory with another. */
  readonly ownNode?: boolean;
  /** Makes what the master finds in its cache directory. */
  readonly prepare?: (cachedir: string) => Promise<void>;
}

/** Starts a master. */
export async function openSite({ config = () => ({}), ownNode = false, prepare }: SiteOptions = {}): Promise<Site> {
  const place = workplace();
  const { directory } = place;
  const children: ChildProcess[] = [];
  // A bench that fails leaves nothing running.
  const killAll = (): void => children.forEach((child) => void child.kill('SIGKILL'));
  process.once('exit', killAll);
  const home = (id: string): string => path.join(directory, id);
  const start = (verb: string, id: string, settings: JsonMap): ChildProcess => {
    const own = {
      pki_dir: path.join(home(id), 'pki'),
      cachedir: path.join(home(id), 'cache'),
      sock_dir: path.join(home(id), 'run'),
      pidfile: path.join(home(id), 'run/pid'),
      log_level: 'warning',
    };
    for (const folder of ['etc', 'root/etc']) mkdirSync(path.join(home(id), folder), { recursive: true });
    // JSON is YAML.
    writeFileSync(path.join(home(id), 'etc', verb), JSON.stringify({ ...own, ...settings }));
    const log = openSync(path.join(home(id), 'log'), 'a');
    const [node = '', ...args] = tsalt;
    const file = ownNode ? path.join(home(id), 'node') : node;
    if (ownNode) copyFileSync(node, file);
    const child = spawn(file, [...args, verb, '--config-dir', path.join(home(id), 'etc')], {
      env: surroundings(),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    children.push(child);
    return child;
  };

  const ports = { interface: '127.0.0.1', publish_port: 0, ret_port: 0, bundle_port: 0 };
  const settings = config(directory);
  await prepare?.(path.join(home('master'), 'cache'));
  let master = start('master', 'master', { ...ports, ...settings });
  const described = path.join(home('master'), 'run/master.json');
  const socket = path.join(home('master'), 'run/master.sock');
  let control = await answering();
  const { publish_port, ret_port, master_key } = JSON.parse(readFileSync(described, 'utf8')) as {
    publish_port: number;
    ret_port: number;
    master_key: string;
  };
  const address = { master: '127.0.0.1', master_port: ret_port, master_key };

  /** Resolves with a line to the master as soon as it answers. */
  async function answering(): Promise<LocalClient> {
    let line: LocalClient | undefined;
    await until('the master answers', async () => {
      if (master.exitCode !== null) throw new Error(readFileSync(path.join(home('master'), 'log'), 'utf8'));
      if (!existsSync(described)) return false;
      try {
        line = await connectLocal('master', socket);
        await line.call('status');
        return true;
      } catch {
        return false;
      }
    });
    if (!line) throw new Error('no line to the master');
    return line;
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(timer);
  }

  return {
    directory,
    masterConfig: path.join(home('master'), 'etc'),
    get master() {
      return master;
    },
    get control() {
      return control;
    },
    async restartMaster(signal, meanwhile = () => {}) {
      control.close();
      await end(master, signal);
      rmSync(described, { force: true });
      meanwhile();
      const started = performance.now();
      master = start('master', 'master', { ...ports, ...settings, publish_port, ret_port });
      control = await answering();
      return performance.now() - started;
    },
    address,
    startMinion: (id, settings = {}) =>
      start('minion', id, { ...address, id, root: path.join(home(id), 'root'), ...settings }),
    async acceptUntil(connected) {
      await until(`${connected} minions are connected`, async () => {
        await control.call('key.accept', { match: '*' }).catch(() => undefined);
        const status = await control.call('status');
        return isMap(status) && status.sessions === connected;
      });
    },
    async stats(part) {
      const all = await control.call('run', { fun: 'master.stats' });
      return (isMap(all) ? all[part] : {}) as Record<string, number>;
    },
    async close() {
      control.close();
      for (const child of children.reverse()) await end(child, 'SIGTERM');
      process.removeListener('exit', killAll);
      place.remove();
    },
  };
}

/** Resolves once it is so. Raises after a minute. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it never came about that ${what}`);
    await pause(5);
  }
}

/** Milliseconds of a clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** The events whose tag matches, as they are committed; the answer ends it. */
export async function hear(site: Site, tag: string, take: (data: JsonMap) => void): Promise<() => void> {
  const ears = await connectLocal('master', path.join(path.dirname(site.masterConfig), 'run/master.sock'));
  void ears
    .call('event.listen', { tag }, (event: Json) => {
      if (isMap(event) && isMap(event.data)) take(event.data as JsonMap);
    })
    .catch(() => {});
  return () => ears.close();
}
