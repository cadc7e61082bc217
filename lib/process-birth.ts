import { readFileSync } from 'node:fs';

/**
 * When the kernel says process `pid` began, in clock ticks since boot (field 22 of /proc/<pid>/stat, proc(5)): with it, a
 * process is told from a later one of the same number. Undefined when there is no such process, or only its zombie.
 */
export function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold anything.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}
