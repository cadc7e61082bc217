import { readFileSync } from 'node:fs';

/** Kernel ticks in a second, as /proc counts them: 100 on every Linux that Node runs on. */
export const TICKS = 100;

/** Seconds of CPU that a process has used, with all its threads. */
export function cpuOf(pid: number): number {
  const [user = NaN, system = NaN] = timesOf(pid);
  return user + system;
}

/** Seconds of CPU that a process and all below it have used, those that have ended included. */
export function cpuOfFamily(pid: number): number {
  return familyOf(pid)
    .flatMap(timesOf)
    .reduce((sum, seconds) => sum + seconds, 0);
}

/** Seconds of CPU: its own as a user and in the kernel, then both of its children that have ended. */
function timesOf(pid: number): number[] {
  // The name, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).map((ticks) => Number(ticks) / TICKS);
}

/** MiB of a process's memory: its share of pages (PSS), that of its memory-mapped database apart. */
export function memoryOf(pid: number): { readonly own: number; readonly map: number } {
  const all = mibOf(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss');
  const map = readFileSync(`/proc/${pid}/smaps`, 'utf8')
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((part) => /\.(?:mdb|lmdb)$/m.test(part.split('\n', 1)[0] ?? ''))
    .reduce((sum, part) => sum + mibOf(part, 'Pss'), 0);
  return { own: all - map, map };
}

/** MiB of a process and all below it: their shares of pages (PSS), and what each holds by itself, shared pages in full (RSS). */
export function memoryOfFamily(pid: number): {
  readonly pss: number;
  readonly rss: number;
  readonly processes: number;
} {
  const all = familyOf(pid).map((each) => readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'));
  const sum = (field: 'Pss' | 'Rss'): number => all.reduce((total, smaps) => total + mibOf(smaps, field), 0);
  return { pss: sum('Pss'), rss: sum('Rss'), processes: all.length };
}

function mibOf(smaps: string, field: 'Pss' | 'Rss'): number {
  return Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(smaps)?.[1] ?? 0) / 1024;
}

/** A process and those that it started, as deep as they go. */
export function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}
