import { statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import type { PlaceOf } from '../../lib/config/check.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import type { TsaltError } from '../../lib/errors/error.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { LocalClient } from '../../wire/local/client.ts';
import { missingRoots } from '../check/named-roots.ts';

/** What a look at a master gives. */
export interface MasterFacts {
  readonly status: JsonMap;
  readonly stats: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly versions: JsonMap;
  readonly reactors: readonly ReactorFacts[];
  readonly returners: readonly ReturnerFacts[];
  readonly git: readonly GitFacts[];
  readonly deadLetters: number;
  readonly minions: readonly MinionFacts[];
  /** By name, whether somebody answers there. */
  readonly ports: readonly { readonly name: string; readonly port: number; readonly answers: boolean }[];
  /** Bytes of the file system that `cachedir` is on. */
  readonly disk: { readonly free: number; readonly total: number };
  /** Directories of trees that config names and that are not there. */
  readonly missingRoots: readonly TsaltError[];
}

export interface ReactorFacts {
  readonly name: string;
  readonly counters: Readonly<Record<string, number>>;
}

export interface ReturnerFacts {
  readonly name: string;
  readonly state: string;
  readonly error?: string;
  readonly behindSeconds: number;
  readonly lost: number;
}

/** A git remote of state trees or of pillar. */
export interface GitFacts {
  readonly remote: string;
  readonly use: string;
  /** When it was asked last with success, as of ISO 8601; null: not since the master began. */
  readonly asked: string | null;
  readonly failure: string | null;
}

export interface MinionFacts {
  readonly id: string;
  /** Why it gave no answer. */
  readonly away?: string;
  /** Milliseconds until its answer was there. */
  readonly ms?: number;
  /** How far its clock is ahead of ours, in ms; half of `ms` more or less. */
  readonly ahead?: number;
}

export interface Looking {
  readonly control: LocalClient;
  readonly config: MasterConfig;
  readonly placeOf: PlaceOf;
  readonly now: () => number;
  readonly timeoutSeconds: number;
}

/** Asks the master, its minions, its ports and its disk. */
export async function masterFacts({ control, config, placeOf, now, timeoutSeconds }: Looking): Promise<MasterFacts> {
  const run = (fun: string): Promise<Json> => control.call('run', { fun });
  const status = (await control.call('status')) as JsonMap;
  const [stats, keys, versions, reactors, returners, git, dead, minions, ports, disk] = await Promise.all([
    run('master.stats'),
    control.call('key.list'),
    run('manage.versions'),
    run('reactor.list'),
    run('returner.list').catch(noneOfOlder),
    run('fileserver.remotes').catch(noneOfOlder),
    run('reactor.dead'),
    askMinions(control, now, timeoutSeconds),
    Promise.all(
      portsOf(status).map(async ([name, port]) => ({ name, port, answers: await answers(config.interface, port) })),
    ),
    statfs(config.cachedir),
  ]);
  return {
    status,
    stats: stats as unknown as MasterFacts['stats'],
    keys: keys as unknown as MasterFacts['keys'],
    versions: versions as JsonMap,
    reactors: reactors as unknown as MasterFacts['reactors'],
    returners: returners as unknown as MasterFacts['returners'],
    git: git as unknown as MasterFacts['git'],
    deadLetters: Array.isArray(dead) ? dead.length : 0,
    minions,
    ports,
    disk: { free: disk.bavail * disk.bsize, total: disk.blocks * disk.bsize },
    missingRoots: missingRoots(config, placeOf),
  };
}

/** A master that was started before this command was installed may not know a function. */
function noneOfOlder(error: unknown): Json {
  if (isMap(error) && error['code'] === 'TS_RUNNER_UNKNOWN') return [];
  throw error;
}

/** Asks all minions what time it is. */
async function askMinions(control: LocalClient, now: () => number, timeout: number): Promise<MinionFacts[]> {
  const found: MinionFacts[] = [];
  const asked = now();
  const params = { tgt: '*', tgt_type: 'glob', fun: 'status.time', arg: ['%s.%f'], kwarg: {}, timeout };
  const hear = (event: Json): void => {
    if (!isMap(event) || typeof event['id'] !== 'string') return;
    const { id, state, reason } = event;
    const answered = now();
    if (state !== 'returned' || event['success'] !== true) {
      found.push({ id, away: asText(reason ?? event['return'] ?? state) });
      return;
    }
    // The answer was under way for about half of the time.
    const ahead = Number(event['return']) * 1000 - (asked + answered) / 2;
    found.push({ id, ms: answered - asked, ahead: Math.round(ahead) });
  };
  try {
    await control.call('exec', params, hear);
  } catch (error) {
    // There is no minion yet.
    if ((error as { code?: string }).code !== 'TS_CONTROL_NO_MINION') throw error;
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function portsOf(status: JsonMap): [string, number][] {
  return Object.entries(status).flatMap(([name, port]): [string, number][] =>
    name.endsWith('_port') && typeof port === 'number' && port > 0 ? [[name, port]] : [],
  );
}

const CONNECT_MS = 2000;

/** Whether somebody takes a connection there. */
function answers(address: string, port: number): Promise<boolean> {
  const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return new Promise((resolve) => {
    const socket = connect({ host: anywhere[address] ?? address, port, timeout: CONNECT_MS });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
