import type { Json } from '../../lib/json.ts';

/** An answer of `once`. */
export interface Memo {
  /** The answer, as JSON. */
  readonly json: string;
  /** What it takes together with its key. */
  readonly bytes: number;
  /** Where it stands in the store; infinite until it is there. */
  at: number;
  /** Resolves when it is there, and rejects when it can't be; nothing where it always was. */
  stored?: Promise<void>;
}

/** A delivery that is not over: what a restart must know of it. */
export interface OpenDelivery {
  attempts: number;
  /** By key. */
  readonly memos: Map<string, Memo>;
  /** What these take. */
  bytes: number;
}

/** A delivery that begins. */
const openDelivery = (): OpenDelivery => ({ attempts: 0, memos: new Map(), bytes: 0 });

/** One reactor's place in the event log. */
export interface Position {
  /** Every event up to this number has been looked at. */
  cursor: number;
  readonly open: Map<number, OpenDelivery>;
  /** What the answers of these take. */
  answerBytes: number;
  /** Deliveries above the cursor that are over; only while catching up after a restart. */
  readonly done: Set<number>;
}

export const atEvent = (cursor: number): Position => ({ cursor, open: new Map(), answerBytes: 0, done: new Set() });

/** What an answer takes beside itself and its key, about, in memory and in its record. */
const AROUND_BYTES = 200;
/** The answers of a reactor's open deliveries, beyond which one that has any keeps its place while it waits. */
const MUCH_BYTES = 8 * 1024 * 1024;

/**
 * Whether a delivery that waits for its next try may let others run. One with answers may not while the reactor keeps many:
 * so those that wait have 8 MiB at most, and the others a place each.
 */
export const mayLeave = ({ answerBytes }: Position, { bytes }: OpenDelivery): boolean =>
  bytes === 0 || answerBytes <= MUCH_BYTES;

/** The delivery of that event; it begins where it was not open. */
export function openIn({ open }: Position, event: number): OpenDelivery {
  const known = open.get(event);
  if (known) return known;
  const fresh = openDelivery();
  open.set(event, fresh);
  return fresh;
}

/** Lets go of a delivery, with its answers. */
export function closeIn(position: Position, event: number): void {
  position.answerBytes -= position.open.get(event)?.bytes ?? 0;
  position.open.delete(event);
}

/** An answer to be kept. */
export const memoOf = (key: string, value: Json, at = Infinity): Memo =>
  // Code may answer nothing at all, whatever its type says.
  memoOfJson(key, JSON.stringify(value ?? null), at);

/** An answer that is JSON already. */
export const memoOfJson = (key: string, json: string, at: number): Memo => ({
  json,
  bytes: Buffer.byteLength(key) + Buffer.byteLength(json) + AROUND_BYTES,
  at,
});

/** Keeps an answer, in place of the one that this key had. */
export function keepMemo(position: Position, event: number, key: string, memo: Memo): void {
  const delivery = openIn(position, event);
  const more = memo.bytes - (delivery.memos.get(key)?.bytes ?? 0);
  delivery.bytes += more;
  position.answerBytes += more;
  delivery.memos.set(key, memo);
}

/** Forgets an answer that did not reach the store. */
export function dropMemo(position: Position, event: number, key: string, memo: Memo): void {
  const delivery = position.open.get(event);
  if (delivery?.memos.get(key) !== memo) return;
  delivery.memos.delete(key);
  delivery.bytes -= memo.bytes;
  position.answerBytes -= memo.bytes;
}
