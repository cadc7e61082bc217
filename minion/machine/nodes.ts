import { builtin } from '../../lib/builtin.ts';
import type fs from 'node:fs';
import type { FileFacts, Node } from '../../lib/contracts/machine.ts';
import { machineErrors } from '../../lib/errors/machine.ts';

/** What kind of device or pipe stats are of; undefined for a socket. */
export function nodeOf(stats: fs.Stats): Pick<FileFacts, 'node'> {
  if (stats.isFIFO()) return { node: { type: 'p', major: 0, minor: 0 } };
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return {};
  // As glibc packs them: the low bits of the minor number, the major number, the rest of both.
  const device = BigInt(stats.rdev);
  const major = Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn));
  const minor = Number((device & 0xffn) | ((device >> 12n) & ~0xffn));
  return { node: { type: stats.isBlockDevice() ? 'b' : 'c', major, minor } };
}

/** Makes a device or pipe that only its owner may open. Raises `TS_MACHINE_NO_NODE`: Node has no call for it, `mknod` has. */
export function makeNode(place: string, { type, major, minor }: Node): void {
  const numbers = type === 'p' ? [] : [String(major), String(minor)];
  try {
    const argv = ['--mode=0600', '--', place, type, ...numbers];
    builtin('node:child_process').execFileSync('mknod', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: Buffer };
    throw machineErrors.noNode({ path: place, reason: stderr?.toString('utf8').trim() || message }, { cause });
  }
}
