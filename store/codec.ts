import type { JsonMap } from '../lib/json.ts';

/*
 * The payloads of the store's records: a byte that says the kind, then JSON text. JSON because all that is stored is JSON by
 * its contract, and because its text has no zero byte: no payload can be taken for a record (whose number has some).
 */

/** One thing to be recorded. */
export type Change =
  | { readonly kind: 'event'; readonly event: JsonMap }
  /** `value` is whatever JSON can say. */
  | { readonly kind: 'put'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: string };

const codes = { event: 'E', put: 'P', delete: 'D' } as const;

export function encodeChange(change: Change): Buffer {
  switch (change.kind) {
    case 'event':
      return Buffer.from(codes.event + JSON.stringify(change.event));
    case 'put':
      return Buffer.from(codes.put + JSON.stringify([change.key, change.value]));
    case 'delete':
      return Buffer.from(codes.delete + JSON.stringify(change.key));
  }
}

/** Whether a payload is an event, without decoding it. */
export function isEvent(payload: Buffer): boolean {
  return payload[0] === codes.event.charCodeAt(0);
}

export function decodeChange(payload: Buffer): Change {
  const content = JSON.parse(payload.toString('utf8', 1)) as never;
  switch (String.fromCharCode(payload[0] ?? 0)) {
    case codes.event:
      return { kind: 'event', event: content };
    case codes.put:
      return { kind: 'put', key: content[0], value: content[1] };
    case codes.delete:
      return { kind: 'delete', key: content };
    default:
      throw new TypeError('a record of a kind that this version does not know');
  }
}
