import { Packr, Unpackr } from 'msgpackr';
import { wireErrors } from '../lib/errors/wire.ts';
import type { JsonMap } from '../lib/json.ts';
import { bodyLimits, gate, messageLimits, type GateLimits } from './gate.ts';
import { tidy } from './tidy.ts';

/** What a message is made of. */
export type WireValue = null | boolean | number | string | Buffer | WireValue[] | WireMap | undefined;
export interface WireMap {
  [key: string]: WireValue;
}

const options = { useRecords: false, mapsAsObjects: true, moreTypes: false } as const;
const packr = new Packr(options);
/** For what `packr` refuses, a map of more than 65,535 keys: it takes longer, and other bytes for small maps. */
const roomy = new Packr({ ...options, variableMapSize: true });
const unpackr = new Unpackr(options);

/**
 * MessagePack bytes of a value; as in JSON, -0 becomes 0, and entries that are undefined are left out. Raises
 * `TS_WIRE_UNFIT` for what the other side's gate would refuse.
 */
export function encode(value: WireValue, limits: GateLimits = messageLimits): Buffer {
  const bytes = packed(value);
  if (bytes && gate(bytes, limits) === undefined) return bytes;
  const tidied = tidy(value);
  const again = packed(tidied) ?? roomy.pack(tidied);
  const complaint = gate(again, limits);
  if (complaint !== undefined) throw wireErrors.unfit({ reason: complaint });
  return again;
}

/** Undefined for what cannot be packed as it is, such as an endless one or a map of very many keys. */
function packed(value: unknown): Buffer | undefined {
  try {
    return packr.pack(value);
  } catch {
    return undefined;
  }
}

/** The map in these bytes, or undefined when the gate refuses them or they hold something else. */
export function decodeMap(bytes: Buffer, limits: GateLimits = messageLimits): WireMap | undefined {
  if (gate(bytes, limits) !== undefined) return undefined;
  const value = detached(unpackr.unpack(bytes) as WireValue);
  return isWireMap(value) ? value : undefined;
}

/** The bytes of JSON on its way. Raises `TS_WIRE_UNFIT`. */
export function encodeJson(value: JsonMap, limits: GateLimits = bodyLimits): Buffer {
  return encode(value, limits);
}

/** The JSON map in these bytes, or undefined. */
export function decodeJson(bytes: WireValue, limits: GateLimits = bodyLimits): JsonMap | undefined {
  if (!Buffer.isBuffer(bytes) || gate(bytes, limits) !== undefined) return undefined;
  // The gate let in no binary: all that is left is JSON.
  const value = unpackr.unpack(bytes) as JsonMap;
  return isWireMap(value) ? value : undefined;
}

export function isWireMap(value: WireValue): value is WireMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}

/** Binaries come as windows onto the message: copied, so that keeping one keeps no message and none can change. */
function detached(value: WireValue): WireValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (typeof item === 'object' && item !== null) value[i] = detached(item);
    }
    return value;
  }
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (typeof item === 'object' && item !== null) value[key] = detached(item);
  }
  return value;
}
