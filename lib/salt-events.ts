import { createPublicKey } from 'node:crypto';
import type { NewEvent } from './contracts/events.ts';
import type { Json, JsonMap } from './json.ts';

/*
 * The master's own events, with the tags and the fields that Salt 3007 gives them. `_stamp` is added by the bus.
 */

export type AuthAct = 'accept' | 'pend' | 'reject' | 'denied' | 'full';

export interface AuthFacts {
  readonly id: string;
  readonly act: AuthAct;
  /** Raw Ed25519 key. */
  readonly publicKey: Buffer;
  readonly fingerprint: string;
  readonly reason?: string;
}

/** `salt/auth`: a minion asked to be let in. `fingerprint` and `reason` are ours. */
export function authEvent({ id, act, publicKey, fingerprint, reason }: AuthFacts): NewEvent {
  const result = act === 'accept' || act === 'pend';
  const data: JsonMap = { id, act, result, pub: pemOf(publicKey), fingerprint };
  if (reason !== undefined) data['reason'] = reason;
  return { tag: 'salt/auth', data };
}

/** `salt/key`: a decision on a key. */
export function keyEvent(id: string, act: 'accept' | 'reject' | 'delete', fingerprint: string): NewEvent {
  return { tag: 'salt/key', data: { id, act, result: true, fingerprint } };
}

/** `salt/minion/<id>/start`: a minion's process has begun. `ts` is in seconds. */
export function startEvent(id: string, nowMs: number): NewEvent {
  const tag = `salt/minion/${id}/start`;
  const data = `Minion ${id} started at ${ctime(nowMs)}`;
  return { tag, data: { id, cmd: '_minion_event', pretag: null, tag, data, ts: Math.floor(nowMs / 1000) } };
}

/** What a minion fired, wrapped as Salt does: reactors find its own data in `data.data`. `ts` is in seconds. */
export function minionEvent(id: string, tag: string, data: Json, nowMs: number): NewEvent {
  // A beacon's data lies flat, as on a master of Salt 3007.
  if (tag.startsWith('salt/beacon/') && typeof data === 'object' && data !== null && !Array.isArray(data)) {
    return { tag, data: { ...data, id } };
  }
  return { tag, data: { id, tag, data, pretag: null, cmd: '_minion_event', ts: Math.floor(nowMs / 1000) } };
}

export interface JobFacts {
  readonly jid: string;
  readonly tgt: string | readonly string[];
  readonly tgt_type: string;
  readonly fun: string;
  /** Positional and `{__kwarg__: true, ...}` arguments, as Salt lays them out. */
  readonly arg: readonly Json[];
  readonly minions: readonly string[];
  readonly missing: readonly string[];
  readonly user: string;
}

/** `salt/job/<jid>/new`: a job is published. */
export function jobNewEvent(job: JobFacts): NewEvent {
  const { jid, tgt, tgt_type, fun, arg, minions, missing, user } = job;
  const data: JsonMap = {
    jid,
    tgt: typeof tgt === 'string' ? tgt : [...tgt],
    tgt_type,
    fun,
    arg: [...arg],
    minions: [...minions],
    missing: [...missing],
    user,
  };
  return { tag: `salt/job/${jid}/new`, data };
}

export interface ReturnFacts {
  readonly jid: string;
  readonly id: string;
  readonly fun: string;
  readonly fun_args: readonly Json[];
  readonly return: Json;
  readonly retcode: number;
  readonly success: boolean;
  /** The outputter that suits it: `highstate`, `nested`. */
  readonly out?: string;
  readonly user: string;
  /** Of a run by a minion's own schedule: the job's name there, what its schedule notes beside it, and returners that it names. */
  readonly schedule?: string | undefined;
  readonly metadata?: JsonMap | undefined;
  readonly returner?: readonly string[] | undefined;
}

/** `salt/job/<jid>/ret/<id>`: a minion has returned. `ts` is in seconds. */
export function jobReturnEvent(facts: ReturnFacts, nowMs: number): NewEvent {
  const { jid, id, fun, fun_args, retcode, success, out, user } = facts;
  const data: JsonMap = { id, jid, fun, fun_args: [...fun_args], return: facts.return, retcode, success, user };
  data['cmd'] = '_return';
  data['ts'] = Math.floor(nowMs / 1000);
  if (out !== undefined) data['out'] = out;
  return { tag: `salt/job/${jid}/ret/${id}`, data: { ...data, ...scheduleOf(facts) } };
}

function scheduleOf({ schedule, metadata, returner }: ReturnFacts): JsonMap {
  if (schedule === undefined) return {};
  return { schedule, ...(metadata && { metadata }), ...(returner && { returner: [...returner] }) };
}

export interface StateResultFacts {
  readonly id: string;
  readonly jid: string;
  /** The state's number in its run, of how many. */
  readonly run: number;
  readonly of: number;
  readonly ret: JsonMap;
}

/** `salt/job/<jid>/prog/<id>/<number>`: one state of a run has ended, where `state_events` wants to know. */
export function stateResultEvent({ id, jid, run, of, ret }: StateResultFacts, nowMs: number): NewEvent {
  const tag = `salt/job/${jid}/prog/${id}/${run}`;
  const { data } = minionEvent(id, tag, { len: of, ret }, nowMs);
  return { tag, data: { ...data, jid } };
}

export interface RunFacts {
  readonly jid: string;
  /** `runner.<function>` */
  readonly fun: string;
  readonly fun_args: readonly Json[];
  readonly user: string;
}

/** `salt/run/<jid>/new`: a runner has begun. */
export function runNewEvent({ jid, fun, fun_args, user }: RunFacts): NewEvent {
  return { tag: `salt/run/${jid}/new`, data: { jid, fun, fun_args: [...fun_args], user } };
}

/** `salt/run/<jid>/ret`: it is over. */
export function runReturnEvent(facts: RunFacts, answer: Json, success: boolean): NewEvent {
  const { data } = runNewEvent(facts);
  return { tag: `salt/run/${facts.jid}/ret`, data: { ...data, return: answer, success } };
}

/** `salt/scheduler/<jid>/ret`: a run of the master's schedule is over. Salt has runner functions fire under the same tag. */
export function scheduledRunEvent(facts: RunFacts, schedule: string, answer: Json, success: boolean): NewEvent {
  const { data } = runReturnEvent(facts, answer, success);
  return { tag: `salt/scheduler/${facts.jid}/ret`, data: { ...data, schedule } };
}

/** `salt/fileserver/gitfs/update`: a git remote was asked. `remote` is ours. */
export function gitUpdateEvent(remote: string, changed: boolean): NewEvent {
  return { tag: 'salt/fileserver/gitfs/update', data: { changed, backend: 'gitfs', remote } };
}

/** `ms` since 1970 as C's ctime(3) writes it, in UTC: `Sat Jan 31 23:59:59 2026`. */
function ctime(ms: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(ms)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`;
}

function pemOf(raw: Buffer): string {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
