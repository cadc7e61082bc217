import { forbiddenKeys } from '../lib/json.ts';

/** How much one message may hold. */
export interface GateLimits {
  /** Bytes altogether. */
  readonly bytes: number;
  /** Arrays and maps inside each other. */
  readonly depth: number;
  /** Values altogether, map keys included. */
  readonly items: number;
  /** Bytes of one string or binary. */
  readonly string: number;
  /** Whether it may hold binaries. */
  readonly binary: boolean;
}

/** A message of a session; the bodies of events, jobs and answers are binaries in it, with a gate of their own. */
export const messageLimits: GateLimits = { bytes: 4 << 20, depth: 6, items: 10_000, string: 4 << 20, binary: true };
/** JSON that travels: an event's data, a job's arguments, a return, an answer. */
export const bodyLimits: GateLimits = { bytes: 3 << 20, depth: 16, items: 200_000, string: 3 << 20, binary: false };
/** Of that, what comes up: the master decodes it for one minion of many, and no more of it than takes a few milliseconds. */
export const upLimits: GateLimits = { ...bodyLimits, items: 50_000 };
/** For what a peer sends before anybody knows whether it is welcome. */
export const helloLimits: GateLimits = { bytes: 4096, depth: 4, items: 64, string: 1024, binary: true };

/**
 * Walks over MessagePack bytes once, building nothing, and gives the complaint, or undefined for what may be decoded: one
 * whole value and not a byte more, of strings, binaries, numbers, booleans, nil, arrays, and maps with distinct string keys.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md.
 */
export function gate(bytes: Buffer, limits: GateLimits = messageLimits): string | undefined {
  if (bytes.length > limits.bytes) return `${bytes.length} bytes, of at most ${limits.bytes}`;
  const scan = new Scan(bytes, limits);
  try {
    scan.value(0);
  } catch (error) {
    if (error instanceof Refused) return `${error.message} at byte ${scan.at}`;
    throw error;
  }
  return scan.at === bytes.length ? undefined : `${bytes.length - scan.at} bytes too many`;
}

class Refused extends Error {}

class Scan {
  at = 0;
  #items = 0;
  readonly #bytes: Buffer;
  readonly #limits: GateLimits;

  constructor(bytes: Buffer, limits: GateLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  value(depth: number): void {
    this.#count(1);
    const type = this.#uint(1);
    if (type <= 0x7f || type >= 0xe0) return;
    if (type <= 0x8f) return this.#map(type & 0x0f, depth);
    if (type <= 0x9f) return this.#array(type & 0x0f, depth);
    if (type <= 0xbf) return void this.#text(type & 0x1f);
    this.#tagged(type, depth);
  }

  #tagged(type: number, depth: number): void {
    switch (type) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return;
      case 0xc4: // bin
      case 0xc5:
      case 0xc6:
        if (!this.#limits.binary) throw new Refused('a binary');
        return this.#skip(this.#uint(1 << (type - 0xc4)));
      case 0xca: // float
      case 0xcb:
        return this.#float(type === 0xca ? 4 : 8);
      case 0xcc: // unsigned
      case 0xcd:
      case 0xce:
        return this.#take(1 << (type - 0xcc));
      case 0xcf:
        return this.#wide(this.#bytes.length - this.at < 8 ? 0n : this.#bytes.readBigUInt64BE(this.at));
      case 0xd0: // signed
      case 0xd1:
      case 0xd2:
        return this.#take(1 << (type - 0xd0));
      case 0xd3:
        return this.#wide(this.#bytes.length - this.at < 8 ? 0n : this.#bytes.readBigInt64BE(this.at));
      case 0xd9: // str
      case 0xda:
      case 0xdb:
        return void this.#text(this.#uint(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(type === 0xdc ? 2 : 4), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(type === 0xde ? 2 : 4), depth);
      default:
        throw new Refused(`type 0x${type.toString(16)}`);
    }
  }

  #array(length: number, depth: number): void {
    this.#enter(length, depth);
    for (let i = 0; i < length; i++) this.value(depth + 1);
  }

  #map(length: number, depth: number): void {
    this.#enter(length * 2, depth);
    const keys = new Set<string>();
    for (let i = 0; i < length; i++) {
      const key = this.#key();
      if (forbiddenKeys.has(key) || keys.has(key)) throw new Refused(`key ${JSON.stringify(key.slice(0, 40))}`);
      keys.add(key);
      this.value(depth + 1);
    }
  }

  #key(): string {
    this.#count(1);
    const type = this.#uint(1);
    if (type >= 0xa0 && type <= 0xbf) return this.#text(type & 0x1f);
    if (type >= 0xd9 && type <= 0xdb) return this.#text(this.#uint(1 << (type - 0xd9)));
    throw new Refused('a key that is no string');
  }

  /** Every value takes a byte at least: a length beyond the rest is a lie, told before anything is made of it. */
  #enter(values: number, depth: number): void {
    if (depth >= this.#limits.depth) throw new Refused(`nested deeper than ${this.#limits.depth}`);
    if (values > this.#bytes.length - this.at) throw new Refused('a length beyond the end');
  }

  #count(values: number): void {
    this.#items += values;
    if (this.#items > this.#limits.items) throw new Refused(`more than ${this.#limits.items} values`);
  }

  #text(length: number): string {
    const start = this.at;
    this.#skip(length);
    const part = this.#bytes.subarray(start, this.at);
    const text = part.toString('utf8');
    // What is not UTF-8 comes back as replacement characters, and these as other bytes.
    if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(part)) throw new Refused('text that is not UTF-8');
    return text;
  }

  #float(size: 4 | 8): void {
    const start = this.at;
    this.#take(size);
    const value = size === 4 ? this.#bytes.readFloatBE(start) : this.#bytes.readDoubleBE(start);
    if (!Number.isFinite(value)) throw new Refused('a number that is not finite');
  }

  #wide(value: bigint): void {
    this.#take(8);
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    if (value > most || value < -most) throw new Refused('an integer beyond 2^53');
  }

  #skip(length: number): void {
    if (length > this.#limits.string) throw new Refused(`a string of more than ${this.#limits.string} bytes`);
    this.#take(length);
  }

  #take(length: number): void {
    if (length > this.#bytes.length - this.at) throw new Refused('the end comes too early');
    this.at += length;
  }

  #uint(size: number): number {
    const start = this.at;
    this.#take(size);
    return this.#bytes.readUIntBE(start, size);
  }
}
