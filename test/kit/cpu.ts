import { readFileSync } from 'node:fs';

/** Milliseconds of the processor that this process has used: what a busy machine doesn't make longer. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The same of the thread of the event loop alone, where the kernel tells (proc(5), `schedstat`): others may work beside it. */
export function loopCpuMs(): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return cpuMs();
  }
}
