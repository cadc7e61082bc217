import { isMap, type JsonMap } from '../lib/json.ts';

/*
 * The payloads of the store's records: a byte that says the kind, then JSON text. JSON because all that is stored is JSON by
 * its contract, and because its text has no zero byte: no payload can be taken for a record (whose number has some).
 */

/** One thing to be recorded. */
export type Change =
  | { readonly kind: 'event'; readonly event: JsonMap }
  /** The value, whatever JSON can say, is made when the number of its record is known. */
  | { readonly kind: 'put'; readonly key: string; readonly value: (number: number) => unknown }
  | { readonly kind: 'delete'; readonly key: string };

const codes = { event: 'E', put: 'P', delete: 'D' } as const;

/** A value to be put, as JSON text. */
export function encodeValue(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export const encodePut = (key: string, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${codes.put}[${JSON.stringify(key)},`), value, Buffer.from(']')]);

export const encodeDelete = (key: string): Buffer => Buffer.from(codes.delete + JSON.stringify(key));

export const encodeEvent = (event: JsonMap): Buffer => Buffer.from(codes.event + JSON.stringify(event));

/** Whether a payload is an event, without decoding it. */
export function isEvent(payload: Buffer): boolean {
  return payload[0] === codes.event.charCodeAt(0);
}

/** What a record holds; a value of undefined: the key is deleted. Raises for a kind that a newer version made. */
export function decodePayload(payload: Buffer): Decoded {
  const code = String.fromCharCode(payload[0] ?? 0);
  // Its value is not looked at: a table that is made again is made of millions of them.
  if (code === codes.put) {
    const end = endOfText(payload, 2);
    return { key: textAt(payload, 2, end), value: payload.subarray(end + 1, -1) };
  }
  if (code === codes.delete) return { key: textAt(payload, 1, payload.length), value: undefined };
  const content: unknown = JSON.parse(payload.toString('utf8', 1));
  if (code === codes.event && isMap(content)) return { event: content as JsonMap };
  throw new TypeError(`a record of kind ${JSON.stringify(code)}, which this version does not know`);
}

export type Decoded = { readonly event: JsonMap } | { readonly key: string; readonly value: Buffer | undefined };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the JSON text that starts at `start` ends. */
function endOfText(payload: Buffer, start: number): number {
  let at = start + 1;
  while (at < payload.length && payload[at] !== QUOTE) at += payload[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function textAt(payload: Buffer, start: number, end: number): string {
  return String(JSON.parse(payload.toString('utf8', start, end)));
}
