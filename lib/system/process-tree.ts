import { readFileSync } from 'node:fs';
import { namesIn } from './names-in.ts';

/**
 * The process groups of all that `pid` has started and that goes on, the deepest last; without its own. What has let go of
 * its parent (a daemon) is nobody's any more. Empty where there is no /proc (proc(5): fields 4 and 5 of `stat`).
 */
export function groupsUnder(pid: number): number[] {
  const children = new Map<number, { readonly pid: number; readonly group: number }[]>();
  for (const one of processes()) {
    const siblings = children.get(one.parent);
    if (siblings) siblings.push(one);
    else children.set(one.parent, [one]);
  }
  const groups = new Set<number>();
  const seen = new Set([pid]);
  // A set that grows while it is gone through is gone through to its new end.
  for (const parent of seen) {
    for (const child of children.get(parent) ?? []) {
      seen.add(child.pid);
      // A group outside of this pid namespace shows as 0.
      if (child.group > 1 && child.group !== pid) groups.add(child.group);
    }
  }
  return [...groups];
}

function processes(): { readonly pid: number; readonly parent: number; readonly group: number }[] {
  return namesIn('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // The command's name, in parentheses, may hold anything.
      const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(name), parent: Number(parent), group: Number(group) }];
    } catch {
      // It has ended since.
      return [];
    }
  });
}

/** Sends a signal to a process group; one that has ended already, or is all another user's, is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw cause;
  }
}
