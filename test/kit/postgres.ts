import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Certificate } from './certificate.ts';
import { eventually } from './eventually.ts';

/** A real PostgreSQL in a directory of its own, with a database `salt` of a user `salt`. */
export interface Database {
  readonly port: number;
  /** A file with the user's password. */
  readonly passwordFile: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What a query answers, a line a row, `|` between columns. */
  ask(sql: string): string;
  /** Runs what takes long; the answer ends it. */
  hold(sql: string): () => void;
}

/** Debian keeps the programs of a server out of everybody's way. */
const debian = '/usr/lib/postgresql';
const folders = [
  ...(process.env['PATH'] ?? '').split(':'),
  ...(existsSync(debian) ? readdirSync(debian).map((version) => path.join(debian, version, 'bin')) : []),
];

function programOf(name: string): string {
  const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no program ${name}`);
  return found;
}

export const postgresIsInstalled = ['initdb', 'postgres', 'psql'].every((name) =>
  folders.some((folder) => existsSync(path.join(folder, name))),
);

/** Its server refuses to run as root. */
const owner = (): { uid: number; gid: number } | Record<string, never> =>
  process.getuid?.() === 0
    ? {
        uid: Number(execFileSync('id', ['-u', 'postgres'])),
        gid: Number(execFileSync('id', ['-g', 'postgres'])),
      }
    : {};

export async function startPostgres(
  t: Pick<ExecutionContext, 'teardown'>,
  password: string,
  tls?: Certificate,
): Promise<Database> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-postgres-'));
  const as = owner();
  const passwordFile = path.join(directory, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  const [keyFile, certFile] = [path.join(directory, 'key'), path.join(directory, 'cert')];
  if (tls) {
    writeFileSync(keyFile, tls.key, { mode: 0o600 });
    writeFileSync(certFile, tls.cert);
  }
  for (const one of [directory, passwordFile, ...(tls ? [keyFile, certFile] : [])])
    if (as.uid !== undefined) chownSync(one, as.uid, as.gid);
  const data = path.join(directory, 'data');
  const words = ['-D', data, '-U', 'salt', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync'];
  execFileSync(programOf('initdb'), words, { ...as, cwd: directory, stdio: 'ignore' });
  const port = await freePort();
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'];
    if (tls) settings.push('ssl=on', `ssl_key_file=${keyFile}`, `ssl_cert_file=${certFile}`);
    server = spawn(programOf('postgres'), ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])], {
      ...as,
      cwd: directory,
      stdio: 'ignore',
    });
    await eventually(() => ask('select 1', 'postgres') === '1');
  }

  async function stop(): Promise<void> {
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  }

  const client = (sql: string, name: string): string[] => [
    '--host=127.0.0.1',
    `--port=${port}`,
    '--username=salt',
    `--dbname=${name}`,
    '--no-align',
    '--tuples-only',
    '--quiet',
    `--command=${sql}`,
  ];
  const env = { ...process.env, PGPASSWORD: password };
  const ask = (sql: string, name = 'salt'): string =>
    execFileSync(programOf('psql'), client(sql, name), {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  function hold(sql: string): () => void {
    const running = spawn(programOf('psql'), client(sql, 'salt'), { env, stdio: 'ignore' });
    t.teardown(() => running.kill());
    return () => void running.kill('SIGINT');
  }

  t.teardown(async () => {
    await stop();
    rmSync(directory, { recursive: true });
  });
  await start();
  ask('create database salt', 'postgres');
  return { port, passwordFile, start, stop, ask, hold };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
