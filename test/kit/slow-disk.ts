import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Daemon } from './daemon.ts';
import { eventually } from './eventually.ts';

/* Disks that fail or are late, by strace. */

const strace = '/usr/bin/strace';

export const straceIsInstalled = (): boolean => existsSync(strace);

const injecting = (calls: string, what: string): string[] => [
  '-f',
  '-o',
  '/dev/null',
  '-e',
  `trace=${calls}`,
  '-e',
  `inject=${calls}:${what}`,
];

/** A command that has fdatasync of what it starts fail, or be late. The process that it starts stays our child. */
export const withSync = (what: string): string[] => [strace, '-D', '--seccomp-bpf', ...injecting('fdatasync', what)];

/**
 * From now on nothing gets into the log of a running master: it waits for its disk, until the function that this gives is
 * called. One that is killed meanwhile is gone once that is called.
 */
export async function holdLog(master: Daemon): Promise<() => Promise<void>> {
  const pid = master.pid();
  const log = path.join(master.directory, 'cache/store/log');
  const files = readdirSync(log).flatMap((name) => ['-P', path.join(log, name)]);
  const held = injecting('pwrite64,pwritev', 'delay_enter=600s');
  const tracer = spawn(strace, [...held, ...files, '-p', String(pid)], { stdio: 'ignore' });
  const ended = once(tracer, 'exit');
  const tasks = `/proc/${pid}/task`;
  const isTraced = (task: string): boolean =>
    readFileSync(`${tasks}/${task}/status`, 'utf8').includes(`\nTracerPid:\t${tracer.pid}\n`);
  await eventually(() => readdirSync(tasks).every(isTraced));
  return async () => {
    tracer.kill('SIGKILL');
    await ended;
  };
}
