import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { until } from './waiting.ts';

/** The mount points of one type of file system, from /proc/mounts. */
function mountsOf(type: string): string[] {
  const lines = readFileSync('/proc/mounts', 'utf8').split('\n');
  return lines.map((line) => line.split(' ')).flatMap(([, place = '', kind]) => (kind === type ? [place] : []));
}

/**
 * The processes of one machine as a whole (a cgroup, version 2): to be counted, frozen and killed. Nothing is ever killed by
 * its number, which another process may have by then. `name` is relative to where cgroups are mounted.
 */
export class Cgroup {
  readonly #name: string;
  readonly #clock: Clock;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  get directory(): string {
    const mount = mountsOf('cgroup2')[0];
    if (mount === undefined) throw nspawnErrors.noCgroup2({ file: '/proc/mounts' });
    return path.join(mount, this.#name);
  }

  make(): void {
    mkdirSync(this.directory, { recursive: true });
  }

  /** Whether a process lives in it or below. */
  get populated(): boolean {
    return this.#event('populated');
  }

  get frozen(): boolean {
    return this.#event('frozen');
  }

  async freeze(frozen: boolean): Promise<void> {
    writeFileSync(path.join(this.directory, 'cgroup.freeze'), frozen ? '1' : '0');
    await until(this.#clock, `freezing ${this.#name}`, 20, () => this.frozen === frozen);
  }

  /** Processes of this cgroup's child `child` itself, by number. */
  processes(child: string): readonly number[] {
    try {
      const text = readFileSync(path.join(this.directory, child, 'cgroup.procs'), 'utf8');
      return text.split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }

  /** Kills all that is in it (SIGKILL), then removes it, here and where systemd-nspawn mirrors it in version 1 hierarchies. */
  async remove(): Promise<void> {
    if (existsSync(this.directory)) {
      writeFileSync(path.join(this.directory, 'cgroup.kill'), '1');
      await until(this.#clock, `killing ${this.#name}`, 30, () => !this.populated);
    }
    for (const mount of [...mountsOf('cgroup2'), ...mountsOf('cgroup')])
      await until(this.#clock, `removing ${this.#name}`, 30, () => removeTree(path.join(mount, this.#name)));
  }

  #event(key: string): boolean {
    try {
      return readFileSync(path.join(this.directory, 'cgroup.events'), 'utf8').split('\n').includes(`${key} 1`);
    } catch {
      return false;
    }
  }
}

/** Removes a cgroup and those below it; false while one is still busy. */
function removeTree(directory: string): boolean {
  if (!existsSync(directory)) return true;
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      if (entry.isDirectory() && !removeTree(path.join(directory, entry.name))) return false;
    rmdirSync(directory);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'EBUSY') return false;
    throw cause;
  }
}
