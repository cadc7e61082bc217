import { inflateRawSync } from 'node:zlib';
import { plainPath, type Contents, type Member } from './member.ts';

/* The format is PKWARE's APPNOTE: the directory of an archive stands at its end. */

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LINK = 0o120000;
const KIND = 0o170000;
const MOST_COMMENT = 65_535;

/** Reads a zip archive. `perms` false: its members have no permission bits of their own. */
export function readZip(bytes: Buffer, perms: boolean): Contents {
  const end = findEnd(bytes);
  if (end === undefined) return { problem: 'it is not a ZIP file' };
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) return { problem: 'it is too large', program: true };
  const members = new Map<string, Member>();
  for (let number = 0; number < count; number++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== ENTRY) return { problem: 'its directory is damaged' };
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const name = bytes.subarray(at + 46, at + 46 + nameLength).toString();
    const path = plainPath(name);
    if (path === undefined) return { problem: `${JSON.stringify(name)} in it leads out of where it is to be put` };
    const member = memberAt(bytes, at, path, name.endsWith('/'), perms);
    if ('problem' in member) return member;
    if (path !== '') members.set(path, member);
    at += 46 + nameLength + extra + comment;
  }
  return members.size === 0 ? { problem: 'nothing is in it' } : { members: withFolders([...members.values()]) };
}

function findEnd(bytes: Buffer): number | undefined {
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 22 - MOST_COMMENT); at--)
    if (bytes.readUInt32LE(at) === END) return at;
  return undefined;
}

function memberAt(
  bytes: Buffer,
  at: number,
  path: string,
  isFolder: boolean,
  perms: boolean,
): Member | Extract<Contents, { problem: string }> {
  if ((bytes.readUInt16LE(at + 8) & 1) !== 0) return { problem: `${path} in it is protected by a password` };
  // Only Unix writes modes.
  const made = bytes.readUInt16LE(at + 4) >> 8;
  const attributes = made === 3 ? bytes.readUInt32LE(at + 38) >>> 16 : 0;
  const mode = perms && (attributes & 0o7777) !== 0 ? attributes & 0o7777 : undefined;
  const common = { path, mode, mtimeMs: timeOf(bytes.readUInt16LE(at + 14), bytes.readUInt16LE(at + 12)) };
  if (isFolder) return { ...common, kind: 'directory' };
  const content = contentAt(bytes, at);
  if (content === undefined) return { problem: `${path} in it is packed in a way that takes unzip`, program: true };
  if (content === 'damaged') return { problem: `${path} in it is damaged` };
  if ((attributes & KIND) === LINK) return { ...common, kind: 'symlink', mode: undefined, target: content.toString() };
  return { ...common, kind: 'file', content };
}

/** Undefined for a method that is not known here. */
function contentAt(bytes: Buffer, at: number): Buffer | 'damaged' | undefined {
  const method = bytes.readUInt16LE(at + 10);
  const [packed, size, header] = [20, 24, 42].map((offset) => bytes.readUInt32LE(at + offset)) as [
    number,
    number,
    number,
  ];
  if (packed === 0xffffffff || size === 0xffffffff || header === 0xffffffff || (method !== 0 && method !== 8))
    return undefined;
  if (header + 30 > bytes.length) return 'damaged';
  const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  const raw = bytes.subarray(start, start + packed);
  if (method === 0) return raw.length === size ? raw : 'damaged';
  try {
    const content = inflateRawSync(raw, { maxOutputLength: Math.max(1, size) });
    return content.length === size ? content : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** MS-DOS's date and time, in the zone of this machine. */
function timeOf(date: number, time: number): number {
  return new Date(
    1980 + (date >> 9),
    ((date >> 5) & 15) - 1,
    date & 31,
    time >> 11,
    (time >> 5) & 63,
    (time & 31) * 2,
  ).getTime();
}

/** Folders need not be named: those that files are in come first. */
function withFolders(members: readonly Member[]): Member[] {
  const all = new Map<string, Member>();
  for (const member of members) {
    const parts = member.path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join('/');
      if (!all.has(path) && !members.some((one) => one.path === path))
        all.set(path, { path, kind: 'directory', mode: undefined });
    }
    all.set(member.path, member);
  }
  return [...all.values()];
}
