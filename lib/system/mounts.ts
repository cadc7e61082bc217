import { posix } from 'node:path';
import type { FileView } from '../contracts/machine.ts';
import { lookThrough } from '../links.ts';
import { textOf } from '../text.ts';

/* What is mounted, proc_pid_mountinfo(5), and what is to be at each start, fstab(5). */

export interface Mounted {
  readonly point: string;
  readonly device: string;
  readonly fstype: string;
  /** Major and minor number of its file system, and what of that is mounted: `/` for all of it. */
  readonly number: string;
  readonly root: string;
  /** Options of the mount and of the file system. */
  readonly opts: readonly string[];
  readonly line: string;
}

export interface FstabEntry {
  readonly device: string;
  readonly name: string;
  readonly fstype: string;
  readonly opts: string;
  readonly dump: string;
  readonly pass: string;
}

/** Blanks and the like stand there as octal numbers. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

const escape = (text: string): string =>
  text.replace(/[ \t\n\\]/g, (mark) => `\\${mark.charCodeAt(0).toString(8).padStart(3, '0')}`);

export const mountinfo = '/proc/self/mountinfo';

/** Everything that is mounted, the oldest first; undefined where no kernel tells. */
export function readMounted(files: FileView): Mounted[] | undefined {
  if (files.follow(mountinfo)?.kind !== 'file') return undefined;
  const lines = files.read(mountinfo).toString('utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [mount = '', system = ''] = line.split(' - ');
    const [, , number = '', root = '', point = '', opts = ''] = mount.split(' ');
    const [fstype = '', device = '', more = ''] = system.split(' ');
    return {
      point: unescape(point),
      device: unescape(device),
      fstype,
      number,
      root: unescape(root),
      opts: [...opts.split(','), ...more.split(',')],
      line,
    };
  });
}

/** A line of mountinfo for test mode. */
export function mountedLine(mounted: Omit<Mounted, 'line'>): string {
  const { point, device, fstype, number, root, opts } = mounted;
  const list = opts.filter((opt) => opt !== 'defaults').join(',') || 'rw';
  return `0 0 ${number} ${escape(root)} ${escape(point)} ${list} - ${fstype} ${escape(device)} ${list}`;
}

/** Devices that are swapped to, from /proc/swaps; undefined where no kernel tells. */
export function readSwaps(files: FileView): string[] | undefined {
  if (files.follow('/proc/swaps')?.kind !== 'file') return undefined;
  const lines = files.read('/proc/swaps').toString('utf8').split('\n').slice(1).filter(Boolean);
  return lines.map((line) => unescape(line.split(/\s+/)[0] ?? ''));
}

const tags: Readonly<Record<string, string>> = {
  UUID: '/dev/disk/by-uuid',
  LABEL: '/dev/disk/by-label',
  PARTUUID: '/dev/disk/by-partuuid',
  PARTLABEL: '/dev/disk/by-partlabel',
};

/** The node of a device, through links and `UUID=...`; what is no path is given back as it is. */
export function realDevice(files: FileView, device: string): string {
  const [, tag = '', value = ''] = /^([A-Z]+)="?([^"]*)"?$/.exec(device) ?? [];
  const folder = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
  // udev writes what is no letter of a path so.
  const name = value.replace(
    /[^A-Za-z0-9#+.:=@_-]/g,
    (mark) => `\\x${mark.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  const path = folder === undefined ? device : posix.join(folder, tag.endsWith('UUID') ? value.toLowerCase() : name);
  if (!path.startsWith('/')) return device;
  const found = lookThrough(files, path);
  if (!found?.there) return device;
  return found.path;
}

export interface Fstab {
  readonly path: string;
  readonly lines: readonly string[];
}

export function readFstab(files: FileView, path: string): Fstab {
  const lines = files.follow(path)?.kind === 'file' ? textOf(files.read(path), path).split('\n') : [];
  if (lines.at(-1) === '') lines.pop();
  return { path, lines };
}

/** Undefined for comments and blank lines. */
export function parseFstab(line: string): FstabEntry | undefined {
  const [device, name, fstype, opts = 'defaults', dump = '0', pass = '0'] = line.trim().split(/\s+/);
  if (!device || device.startsWith('#') || !name || !fstype) return undefined;
  return { device: unescape(device), name: unescape(name), fstype, opts, dump, pass };
}

export function fstabText({ device, name, fstype, opts, dump, pass }: FstabEntry): string {
  return `${escape(device)}\t\t${escape(name)}\t${fstype}\t${opts}\t${dump} ${pass}`;
}
