import type { Step } from '../../lib/contracts/machine.ts';
import { fstabText, parseFstab, type Fstab, type FstabEntry } from '../../lib/system/mounts.ts';

type Key = 'name' | 'device' | 'fstype' | 'opts' | 'auto';

/** Where the entry that is meant stands; -1 when there is none. */
export function findEntry({ lines }: Fstab, wanted: FstabEntry, by: readonly Key[]): number {
  return lines.findIndex((line) => {
    const entry = parseFstab(line);
    return entry !== undefined && by.every((key) => key === 'auto' || entry[key] === wanted[key]);
  });
}

export interface FstabPlan {
  readonly kind: 'present' | 'new' | 'update';
  readonly steps: readonly Step[];
}

/** What has to be done so that the entry is there. `keep`: one that is there stays as it is. */
export function planEntry(fstab: Fstab, wanted: FstabEntry, by: readonly Key[], keep = false): FstabPlan {
  const at = findEntry(fstab, wanted, by);
  const text = fstabText(wanted);
  const now = parseFstab(fstab.lines[at] ?? '');
  if (!now) return { kind: 'new', steps: [writeFstab(fstab, [...fstab.lines, text])] };
  if (keep || fstabText(now) === text) return { kind: 'present', steps: [] };
  return { kind: 'update', steps: [writeFstab(fstab, fstab.lines.with(at, text))] };
}

export function writeFstab({ path }: Fstab, lines: readonly string[]): Step {
  return { do: 'write', path, content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}
