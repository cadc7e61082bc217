import { gunzipSync } from 'node:zlib';
import { plainPath, type Contents, type Member } from './member.ts';

const BLOCK = 512;
/** An archive that is larger is left to tar(1), which holds none of it in memory. */
const MOST_BYTES = 1024 ** 3;

/** How a tar archive is packed: `other` takes a program. */
export function tarPacking(bytes: Buffer): 'none' | 'gzip' | 'other' {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  return bytes.length >= BLOCK && bytes.subarray(257, 262).toString() === 'ustar' ? 'none' : 'other';
}

/** Reads a tar archive (pax, ustar and GNU's forms: tar(5)), also one that gzip has packed. */
export function readTar(bytes: Buffer): Contents {
  const packing = tarPacking(bytes);
  if (packing === 'other') return { problem: 'it is packed in a way that takes tar', program: true };
  let plain = bytes;
  if (packing === 'gzip') {
    try {
      plain = gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
    } catch (error) {
      const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      return isLarge
        ? { problem: 'it is too large', program: true }
        : { problem: 'it is damaged: gzip can not unpack it' };
    }
  }
  return membersOf(plain);
}

interface Extended {
  path?: string;
  linkpath?: string;
  size?: number;
  mtime?: number;
}

function membersOf(bytes: Buffer): Contents {
  const members: Member[] = [];
  const contents = new Map<string, Buffer>();
  let extended: Extended = {};
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (!hasSum(header)) return { problem: `it is damaged: no header at byte ${at}` };
    const type = String.fromCharCode(header[156] ?? 0);
    const size = extended.size ?? numberAt(header, 124, 12);
    const start = at + BLOCK;
    if (start + size > bytes.length) return { problem: 'it ends in the middle of a file' };
    const content = bytes.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') extended = { ...extended, ...parsePax(content) };
    else if (type === 'L') extended.path = textUntilZero(content);
    else if (type === 'K') extended.linkpath = textUntilZero(content);
    else if (type !== 'g') {
      const name = extended.path ?? fullName(header);
      const path = plainPath(name);
      if (path === undefined) return { problem: `${JSON.stringify(name)} in it leads out of where it is to be put` };
      const target = extended.linkpath ?? textUntilZero(header.subarray(157, 257));
      const member = memberOf(type, header, path, target, content, contents, extended);
      if (!member) return { problem: `${path} is of a kind that takes tar`, program: true };
      if (member.kind === 'file' && member.content) contents.set(path, member.content);
      if (path !== '') members.push(member);
      extended = {};
    }
  }
  return members.length === 0 ? { problem: 'nothing is in it' } : { members };
}

function memberOf(
  type: string,
  header: Buffer,
  path: string,
  target: string,
  content: Buffer,
  contents: ReadonlyMap<string, Buffer>,
  { mtime }: Extended,
): Member | undefined {
  const common = {
    path,
    mode: numberAt(header, 100, 8) & 0o7777,
    uid: numberAt(header, 108, 8),
    gid: numberAt(header, 116, 8),
    user: textUntilZero(header.subarray(265, 297)),
    group: textUntilZero(header.subarray(297, 329)),
    mtimeMs: (mtime ?? numberAt(header, 136, 12)) * 1000,
  };
  switch (type) {
    case '0':
    case '\0':
    case '7':
      return { ...common, kind: 'file', content };
    case '5':
      return { ...common, kind: 'directory' };
    case '2':
      return { ...common, kind: 'symlink', target };
    case '1': {
      // A second name of a file that came before.
      const same = contents.get(plainPath(target) ?? '');
      return same && { ...common, kind: 'file', content: same };
    }
    default:
      return undefined;
  }
}

function hasSum(header: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
  return sum === numberAt(header, 148, 8);
}

/** Octal digits, or with the first bit set the number itself. */
function numberAt(header: Buffer, at: number, size: number): number {
  if (((header[at] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(at + size - 8));
  const digits = textUntilZero(header.subarray(at, at + size)).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function fullName(header: Buffer): string {
  const name = textUntilZero(header.subarray(0, 100));
  const isUstar = header.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = isUstar ? textUntilZero(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textUntilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}

/** Records of `length key=value\n`. */
function parsePax(content: Buffer): Extended {
  const found: Extended = {};
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(32, at);
    const length = Number(content.subarray(at, blank).toString());
    if (blank < 0 || !(length > 0)) break;
    const [, key, value = ''] = /^([^=]+)=([\s\S]*)\n$/.exec(content.subarray(blank + 1, at + length).toString()) ?? [];
    if (key === 'path' || key === 'linkpath') found[key] = value;
    if (key === 'size' || key === 'mtime') found[key] = Number(value);
    at += length;
  }
  return found;
}

/** Reads what `tar --list --verbose` prints: kinds and names alone. */
export function parseTarList(text: string): Contents {
  const members: Member[] = [];
  for (const line of text.split('\n')) {
    const [, kind, rest = ''] = /^([-dlhbcpCV])\S+\s+\S+\s+\S+\s+\S+\s+\S+ (.+)$/.exec(line) ?? [];
    if (kind === undefined) continue;
    const arrow = kind === 'l' ? rest.indexOf(' -> ') : kind === 'h' ? rest.indexOf(' link to ') : -1;
    const name = arrow < 0 ? rest : rest.slice(0, arrow);
    const path = plainPath(name);
    if (path === undefined) return { problem: `${JSON.stringify(name)} in it leads out of where it is to be put` };
    const mode = undefined;
    if (path === '') continue;
    if (kind === 'd') members.push({ path, kind: 'directory', mode });
    else if (kind === 'l') members.push({ path, kind: 'symlink', mode, target: rest.slice(arrow + 4) });
    else members.push({ path, kind: 'file', mode });
  }
  return members.length === 0 ? { problem: 'nothing is in it' } : { members };
}
