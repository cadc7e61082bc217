import { createHash } from 'node:crypto';

/*
 * Just enough of OpenPGP (RFC 9580) to hold keyrings: armour put on and taken off, keys told apart by their fingerprints.
 * Nothing is verified here; that is apt's and gpg's work.
 */

/** Tags of the packets that matter: a certificate begins with a public key. */
const PUBLIC_KEY = 6;
const PUBLIC_SUBKEY = 14;

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
  /** The packet with its header. */
  readonly whole: Buffer;
}

/** One certificate of a keyring: its own packets, and the fingerprints (hexadecimal, capitals) of its key and subkeys. */
export interface Certificate {
  readonly bytes: Buffer;
  readonly fingerprints: readonly string[];
}

/** The bytes of a key, out of its armour where it has one; undefined when it is no public key at all. */
export function binaryKey(content: Buffer): Buffer | undefined {
  const bytes = content.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') ? withoutArmor(content.toString()) : content;
  return bytes && certificatesOf(bytes) !== undefined ? bytes : undefined;
}

/** The same as text, as `gpg --armor --export` writes it. */
export function armored(key: Buffer): Buffer {
  const lines = key.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return Buffer.from(
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${lines}\n=${checksum(key)}\n-----END PGP PUBLIC KEY BLOCK-----\n`,
  );
}

/** The certificates of a keyring; undefined when it is none. */
export function certificatesOf(keyring: Buffer): Certificate[] | undefined {
  const packets = packetsOf(keyring);
  if (packets?.[0]?.tag !== PUBLIC_KEY) return undefined;
  const groups: Packet[][] = [];
  for (const packet of packets) {
    if (packet.tag === PUBLIC_KEY) groups.push([]);
    groups.at(-1)?.push(packet);
  }
  return groups.map((group) => ({
    bytes: Buffer.concat(group.map(({ whole }) => whole)),
    fingerprints: group.filter(({ tag }) => tag === PUBLIC_KEY || tag === PUBLIC_SUBKEY).map(fingerprint),
  }));
}

/** Whether a certificate is the one of an id: the end of a fingerprint, of 8 digits or more. */
export function isOfId({ fingerprints }: Certificate, id: string): boolean {
  return fingerprints.some((fingerprint) => fingerprint.endsWith(id.toUpperCase()));
}

function withoutArmor(text: string): Buffer | undefined {
  const blocks = text.matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g);
  const parts = [...blocks].map(([, block = '']) => {
    // Headers end with an empty line; the checksum begins with `=`.
    const body = /\r?\n[ \t]*\r?\n([\s\S]*)$/.exec(block)?.[1] ?? '';
    return Buffer.from(body.replace(/^=[^\n]*$/m, ''), 'base64');
  });
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}

/** CRC-24, in base 64. */
function checksum(bytes: Buffer): string {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  return Buffer.from([(crc >> 16) & 0xff, (crc >> 8) & 0xff, crc & 0xff]).toString('base64');
}

function packetsOf(bytes: Buffer): Packet[] | undefined {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = headerAt(bytes, at);
    if (!header || header.end > bytes.length) return undefined;
    packets.push({
      tag: header.tag,
      body: bytes.subarray(header.start, header.end),
      whole: bytes.subarray(at, header.end),
    });
    at = header.end;
  }
  return packets;
}

/** Where a packet's body starts and ends. Partial lengths are for data alone, never for keys. */
function headerAt(bytes: Buffer, at: number): { tag: number; start: number; end: number } | undefined {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) === 0 || at + 6 > bytes.length) return undefined;
  if ((first & 0x40) === 0) {
    const kind = first & 3;
    if (kind === 3) return undefined;
    const size = 1 << kind;
    const start = at + 1 + size;
    return { tag: (first >> 2) & 15, start, end: start + bytes.readUIntBE(at + 1, size) };
  }
  const tag = first & 63;
  const length = bytes[at + 1] ?? 0;
  if (length < 192) return { tag, start: at + 2, end: at + 2 + length };
  if (length < 224) return { tag, start: at + 3, end: at + 3 + ((length - 192) << 8) + (bytes[at + 2] ?? 0) + 192 };
  return length === 255 ? { tag, start: at + 6, end: at + 6 + bytes.readUInt32BE(at + 2) } : undefined;
}

/** Version 4 is what there is in practice; version 6 has its own rule. */
function fingerprint({ body }: Packet): string {
  if (body[0] === 6) {
    const prefix = Buffer.alloc(5);
    prefix[0] = 0x9b;
    prefix.writeUInt32BE(body.length, 1);
    return createHash('sha256').update(prefix).update(body).digest('hex').toUpperCase();
  }
  const prefix = Buffer.from([0x99, body.length >> 8, body.length & 0xff]);
  return createHash('sha1').update(prefix).update(body).digest('hex').toUpperCase();
}
