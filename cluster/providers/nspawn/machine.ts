import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import type { Cgroup } from './cgroup.ts';
import { until } from './waiting.ts';

/** A directory of this machine that a machine sees. */
export interface Bind {
  readonly from: string;
  readonly to: string;
  readonly writable?: boolean;
}

export interface Machine {
  readonly id: string;
  /** What systemd-nspawn calls it; unique on this machine. */
  readonly name: string;
  readonly home: string;
  readonly image: string;
  readonly machineId: string;
  /** The name of its network namespace. */
  readonly namespace: string;
  readonly cgroup: Cgroup;
  readonly binds: readonly Bind[];
}

// $1 is the file that moves its writer into the machine's cgroup. systemd-nspawn ends with 133 when the machine reboots.
const keepRunning = 'echo $$ >"$1"; shift; while systemd-nspawn "$@"; [ $? = 133 ]; do :; done';

/** Files of the machine, over those of the image. */
export const upperOf = (home: string): string => path.join(home, 'upper');

/**
 * Starts a machine: systemd-nspawn as a process of its own that outlives us, where PID 1 need not be systemd
 * (`--register=no --keep-unit`). The overlay is mounted in systemd-nspawn's own mount namespace, so that it goes when the
 * machine goes. Resolves when the machine's PID 1 runs.
 */
export async function boot(machine: Machine, clock: Clock): Promise<void> {
  const { id, home, image, cgroup } = machine;
  const upper = upperOf(home);
  // A work directory that a pulled plug left behind; systemd-nspawn makes a new one each time.
  for (const name of readdirSync(home))
    if (name.startsWith('.#')) rmSync(path.join(home, name), { recursive: true, force: true });
  // Only a system that says what it is, is booted; it looks before the overlay is mounted over this.
  mkdirSync(path.join(home, 'root/usr/lib'), { recursive: true });
  writeFileSync(path.join(home, 'root/usr/lib/os-release'), 'ID=debian\n');
  cgroup.make();
  const output = openSync(path.join(home, 'console.log'), 'w');
  try {
    const args = [
      ['--quiet', '--settings=no', '--register=no', '--keep-unit', '--boot'],
      [`--directory=${path.join(home, 'root')}`, `--overlay=${escaped(image)}:${escaped(upper)}:/`],
      [`--machine=${machine.name}`, `--hostname=${id}`, `--uuid=${machine.machineId}`],
      [`--network-namespace-path=/run/netns/${machine.namespace}`, '--capability=CAP_NET_ADMIN'],
      ['--resolv-conf=off', '--timezone=off', '--link-journal=no', '--console=read-only'],
      machine.binds.map(({ from, to, writable }) => `--bind${writable ? '' : '-ro'}=${escaped(from)}:${escaped(to)}`),
    ].flat();
    const child = spawn('sh', ['-c', keepRunning, 'sh', path.join(cgroup.directory, 'cgroup.procs'), ...args], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
        SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
      },
    });
    child.unref();
    let ended = false;
    for (const event of ['exit', 'error']) child.once(event, () => (ended = true));
    await until(clock, `starting ${id}`, 60, () => {
      if (ended) throw nspawnErrors.endedEarly({ id, output: readFileSync(path.join(home, 'console.log'), 'utf8') });
      return leaderOf(cgroup) !== undefined;
    });
  } finally {
    closeSync(output);
  }
}

/** The machine's PID 1, by its number here. Undefined when it has none. */
export function leaderOf(cgroup: Cgroup): number | undefined {
  return ['payload/init.scope', 'payload'].flatMap((child) => cgroup.processes(child)).find(isFirst);
}

/** Whether a process is number 1 in a process namespace of its own. */
function isFirst(pid: number): boolean {
  try {
    return /^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** systemd-nspawn splits at colons, and takes a backslash before one. */
function escaped(file: string): string {
  return file.replace(/[\\:]/g, '\\$&');
}
