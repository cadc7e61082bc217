import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { connectLocal, type LocalClient } from '../../wire/local/client.ts';
import { daemon, plainEnvironment, tsaltCommand, type Daemon, type StartOptions } from './daemon.ts';
import { eventually } from './eventually.ts';
import { minionOf, type Minion, type MinionOptions } from './minion.ts';

export interface Ending {
  readonly id: string;
  readonly state: string;
  readonly return?: Json;
  readonly reason?: string;
  readonly [more: string]: Json | undefined;
}

export interface SeenEvent {
  readonly seq: number;
  readonly tag: string;
  readonly data: JsonMap;
}

/** A real master and real minions, each a process. Everything is gone after the test. */
export interface Cluster {
  readonly directory: string;
  /** The state tree and the pillar tree; empty unless a test writes there (`write`). */
  readonly states: string;
  readonly pillar: string;
  readonly master: Daemon;
  /** What `master.json` says. */
  described(): { readonly publish_port: number; readonly ret_port: number; readonly master_key: string };
  /** A connection to the master's control socket; another one after a restart. */
  readonly control: LocalClient;
  /** Starts the master that was killed or stopped (or stops it first), with the same ports. */
  restartMaster(config?: JsonMap, how?: StartOptions): Promise<void>;
  tsalt(...args: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** Starts a minion; nobody accepts it unless a reactor does. */
  startMinion(id: string, options?: MinionOptions): Minion;
  /** Starts a minion, accepts its key, and waits until it is connected. */
  joinMinion(id: string, options?: MinionOptions): Promise<Minion>;
  connected(id: string, deadlineMs?: number): Promise<void>;
  /** Runs a function and gives how it ended on each minion. */
  exec(tgt: string, fun: string, arg?: Json[], timeoutSeconds?: number): Promise<Ending[]>;
  /** Publishes a job and gives its jid. */
  publish(tgt: string, fun: string, arg?: Json[], timeoutSeconds?: number): Promise<string>;
  /** A runner function's answer. */
  run(fun: string, ...arg: Json[]): Promise<Json>;
  /** Every event so far, as the master's store tells it. */
  events(tag?: string): Promise<SeenEvent[]>;
}

/** Starts a master with that config laid over ports 0, its own directories and an empty state tree. */
export async function startCluster(t: Pick<ExecutionContext, 'teardown'>, config: JsonMap = {}): Promise<Cluster> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-cluster-'));
  const states = path.join(directory, 'states');
  const pillar = path.join(directory, 'pillar');
  for (const tree of [states, pillar]) mkdirSync(tree);
  const master = daemon('master', path.join(directory, 'master'), {
    interface: '127.0.0.1',
    publish_port: 0,
    ret_port: 0,
    bundle_port: 0,
    file_roots: { base: [states] },
    pillar_roots: { base: [pillar] },
    ...config,
  });
  const minions: Minion[] = [];
  let control: LocalClient | undefined;
  const theControl = (): LocalClient => {
    if (!control) throw new Error('the master is not running');
    return control;
  };
  // As who owns the master, where operators are named.
  const socket = (): Promise<LocalClient> => {
    const [owner = '', all = ''] = ['owner.sock', 'master.sock'].map((name) =>
      path.join(master.directory, 'run', name),
    );
    return connectLocal('master', existsSync(owner) ? owner : all);
  };
  const described = (): ReturnType<Cluster['described']> =>
    JSON.parse(readFileSync(path.join(master.directory, 'run/master.json'), 'utf8')) as ReturnType<
      Cluster['described']
    >;

  t.teardown(async () => {
    control?.close();
    await Promise.all([master, ...minions].map((one) => one.kill9()));
    // A process of a job that was killed with its minion may still write its last file: this, unlike rmSync, looks again.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });

  async function startMaster(how?: StartOptions): Promise<void> {
    // What a killed one left would be taken for the new one's.
    rmSync(path.join(master.directory, 'run/master.json'), { force: true });
    master.start(how);
    await eventually(() => existsSync(path.join(master.directory, 'run/master.json')) || !master.isRunning());
    if (!master.isRunning()) throw new Error(`the master did not start:\n${master.log()}`);
    control = await socket();
    const { publish_port, ret_port } = described();
    master.configure({ publish_port, ret_port });
  }

  function startMinion(id: string, options: MinionOptions = {}): Minion {
    const { ret_port, master_key } = described();
    const home = path.join(directory, 'minions', String(minions.length));
    const minion = minionOf(home, id, { master_port: ret_port, master_key }, options);
    minions.push(minion);
    minion.start(options.how);
    return minion;
  }

  async function run(fun: string, ...arg: Json[]): Promise<Json> {
    return theControl().call('run', { fun, arg });
  }

  async function connected(id: string, deadlineMs?: number): Promise<void> {
    await eventually(async () => ((await run('manage.up')) as string[]).includes(id), deadlineMs);
  }

  const order = (tgt: string, fun: string, arg: Json[], timeout: number): JsonMap => {
    return { tgt, tgt_type: 'glob', fun, arg, timeout };
  };

  await startMaster();
  return {
    directory,
    states,
    pillar,
    master,
    described,
    startMinion,
    connected,
    run,
    get control() {
      return theControl();
    },
    async restartMaster(changes = {}, how = {}) {
      control?.close();
      await master.stop();
      master.configure(changes);
      await startMaster(how);
    },
    tsalt: (...args) =>
      new Promise((resolve) => {
        const [verb = '', ...rest] = args;
        const [file = '', ...words] = tsaltCommand(verb, '--config-dir', master.configDir, ...rest);
        const child = execFile(file, words, { env: plainEnvironment(), cwd: directory }, (_, stdout, stderr) =>
          resolve({ code: child.exitCode ?? -1, stdout, stderr }),
        );
      }),
    async joinMinion(id, options) {
      const minion = startMinion(id, options);
      await eventually(async () => ((await theControl().call('key.accept', { match: id })) as string[]).includes(id));
      await connected(id);
      return minion;
    },
    async exec(tgt, fun, arg = [], timeoutSeconds = 10) {
      const told: JsonMap[] = [];
      await theControl().call('exec', order(tgt, fun, arg, timeoutSeconds), (one) => told.push(one as JsonMap));
      return told.filter((one) => 'id' in one) as unknown as Ending[];
    },
    async publish(tgt, fun, arg = [], timeoutSeconds = 10) {
      const made = await theControl().call('exec', { ...order(tgt, fun, arg, timeoutSeconds), wait: false });
      return asText((made as JsonMap)['jid']);
    },
    async events(tag = '*') {
      const own = await socket();
      try {
        const mark = (await own.call('event.send', { tag: 'test/mark' })) as JsonMap;
        const seen: SeenEvent[] = [];
        await new Promise<void>((resolve, reject) => {
          const note = (one: Json): void => {
            const event = one as unknown as SeenEvent;
            if (event.tag !== 'test/mark') seen.push(event);
            else if (event.seq === mark['seq']) resolve();
          };
          own.call('event.listen', { tag: '*', since: 0 }, note).catch(reject);
        });
        return seen.filter((event) => tag === '*' || event.tag === tag);
      } finally {
        own.close();
      }
    },
  };
}

/** Writes a file of a tree, making its directories. */
export function write(tree: string, file: string, text: string): void {
  const target = path.join(tree, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}
