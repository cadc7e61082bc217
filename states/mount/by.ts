import * as v from 'valibot';
import type { FileView } from '../../lib/contracts/machine.ts';
import { realDevice } from '../../lib/system/mounts.ts';

const kinds = ['device', 'label', 'uuid', 'partlabel', 'partuuid'] as const;

export const mountBy = v.optional(v.picklist(kinds));

/** A device as fstab is to name it: `UUID=...`; undefined when it has no such name. */
export function nameBy(files: FileView, device: string, by: (typeof kinds)[number] | undefined): string | undefined {
  if (by === undefined) return device;
  const node = realDevice(files, device);
  if (by === 'device') return node.startsWith('/') ? node : undefined;
  if (device.startsWith(`${by.toUpperCase()}=`)) return device;
  const folder = `/dev/disk/by-${by}`;
  if (files.follow(folder)?.kind !== 'directory') return undefined;
  const found = files.list(folder).find((name) => realDevice(files, `${folder}/${name}`) === node);
  // udev writes what is no letter of a path so.
  const plain = found?.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return plain === undefined ? undefined : `${by.toUpperCase()}=${plain}`;
}
