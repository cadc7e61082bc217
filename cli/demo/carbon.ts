import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readWhisper, type Point } from './whisper.ts';

/** A real Graphite store (Debian's graphite-carbon), of one test. */
export interface Carbon {
  readonly host: string;
  /** Takes Graphite's plain text; the same one after a restart. */
  readonly port: number;
  /** Where the file of a metric is, there or not. */
  fileOf(metric: string): string;
  /** What is stored of a metric (a sample a second, for an hour), in order of time; nothing when it is unknown. */
  series(metric: string): readonly Point[];
  /** Ends it in order: what it has received is stored, and stays. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes all that it stored. */
  close(): Promise<void>;
}

const program = '/usr/bin/carbon-cache';

/** Whether Debian's graphite-carbon is installed: `needing('graphite-carbon', carbonIsInstalled())(...)`. */
export const carbonIsInstalled = (): boolean => existsSync(program);

/** Starts carbon-cache in a directory and on a port of its own. It stores as fast as it receives. */
export async function startCarbon(): Promise<Carbon> {
  const host = '127.0.0.1';
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-carbon-'));
  const port = await freePort(host);
  const config = path.join(directory, 'carbon.conf');
  writeFileSync(config, configOf(directory, host, port));
  writeFileSync(path.join(directory, 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:1h\n');
  const fileOf = (metric: string): string => path.join(directory, 'whisper', `${metric.replaceAll('.', '/')}.wsp`);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn(program, [`--config=${config}`, '--nodaemon', 'start'], { cwd: directory, stdio: 'pipe' });
    child = started;
    let said = '';
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    // A run that is ended from outside leaves no carbon behind.
    process.once('exit', () => started.kill('SIGKILL'));
    for (const late = performance.now() + 30_000; !(await listens(host, port)); await delay(20))
      if (started.exitCode !== null || performance.now() > late) throw new Error(`carbon-cache did not start: ${said}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async function close(): Promise<void> {
    await end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }

  await start().catch(async (cause: unknown) => {
    await close();
    throw cause;
  });
  const series: Carbon['series'] = (metric) => (existsSync(fileOf(metric)) ? readWhisper(fileOf(metric)) : []);
  return { host, port, fileOf, series, stop: () => end('SIGTERM'), start, close };
}

function configOf(directory: string, host: string, port: number): string {
  return Object.entries({
    STORAGE_DIR: directory,
    LOCAL_DATA_DIR: path.join(directory, 'whisper'),
    CONF_DIR: directory,
    LOG_DIR: path.join(directory, 'log'),
    PID_DIR: directory,
    USER: '',
    LINE_RECEIVER_INTERFACE: host,
    LINE_RECEIVER_PORT: port,
    // Off.
    PICKLE_RECEIVER_PORT: 0,
    CARBON_METRIC_INTERVAL: 0,
    ENABLE_TAGS: 'False',
    // Any.
    CACHE_QUERY_INTERFACE: host,
    CACHE_QUERY_PORT: 0,
    MAX_UPDATES_PER_SECOND: 'inf',
    MAX_CREATES_PER_MINUTE: 'inf',
    WHISPER_AUTOFLUSH: 'True',
  }).reduce((text, [key, value]) => `${text}${key} = ${value}\n`, '[cache]\n');
}

/** A port that nobody listens on now: carbon can't be told to choose one. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', (failed) => resolve(!failed));
  });
}
