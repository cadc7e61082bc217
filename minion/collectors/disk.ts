import type { Collector } from '../../lib/contracts/collector.ts';
import type { JsonMap } from '../../lib/json.ts';
import { columns, sample } from './sample.ts';

// Documentation/admin-guide/iostats.rst of the kernel: eleven columns at least; a sector is 512 octets on every device.
const names = [
  'reads',
  'reads_merged',
  'sectors_read',
  'read_ms',
  'writes',
  'writes_merged',
  'sectors_written',
  'write_ms',
  'in_progress',
  'io_time',
  'weighted_time',
] as const;
const sector = 512;

/** `/proc/diskstats`: what each device has done since boot; times in ms. Memory and loop devices are left out. */
export function parseDisks(text: string): JsonMap {
  const disks: [string, JsonMap][] = [];
  for (const line of text.split('\n')) {
    const [, , name = '', ...fields] = line.trim().split(/\s+/);
    if (!name || /ram|loop|^dm-/.test(name)) continue;
    const read = columns(names, fields);
    const all = names.map((column) => read[column]);
    const [reads, readsMerged, sectorsRead, readMs, writes, writesMerged, sectorsWritten, writeMs, ...queue] = all;
    // Kernels before 2.6.25 have four columns of another meaning for a partition.
    if (all.some((value) => value === undefined)) continue;
    const [inProgress = 0, ioTime = 0, weightedTime = 0] = queue;
    disks.push([
      name,
      {
        disk_ops: { read: reads ?? 0, write: writes ?? 0 },
        disk_merged: { read: readsMerged ?? 0, write: writesMerged ?? 0 },
        disk_octets: { read: (sectorsRead ?? 0) * sector, write: (sectorsWritten ?? 0) * sector },
        disk_time: { read: readMs ?? 0, write: writeMs ?? 0 },
        in_progress: inProgress,
        io_time: ioTime,
        weighted_time: weightedTime,
      },
    ]);
  }
  return Object.fromEntries(disks);
}

const disk: Collector = {
  name: 'disk',
  summary: 'Operations, octets and time of each disk.',
  collect: (context) => sample('disk', context, parseDisks(context.readText('/proc/diskstats'))),
};

export default disk;
