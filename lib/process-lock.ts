import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMap } from './json.ts';
import { birthOf } from './process-birth.ts';

/** Who holds a lock. */
export interface Holder {
  readonly pid: number;
  readonly born: string;
  /** What for, for the person who has to wait. */
  readonly purpose: string;
}

export type Attempt = { readonly held: true; release(): void } | { readonly held: false; readonly holder: Holder };

/**
 * Takes the lock file `file` for this process, or says who has it. A lock that a dead process left is taken over; of several
 * that try, one gets it: the lock, and the claim to a dead process's lock, are made by link(2), which is all or nothing.
 */
export function tryLock(file: string, purpose: string): Attempt {
  mkdirSync(path.dirname(file), { recursive: true });
  const me: Holder = { pid: process.pid, born: birthOf(process.pid) ?? '', purpose };
  const mine = `${file}.${me.pid}`;
  writeFileSync(mine, JSON.stringify(me));
  try {
    for (;;) {
      if (tryLink(mine, file)) return { held: true, release: () => release(file, me) };
      const holder = readHolder(file);
      if (holder === undefined) continue;
      if (isAlive(holder)) return { held: false, holder };
      const claim = `${file}.of-${holder.pid}-${holder.born}`;
      if (!tryLink(mine, claim)) {
        const claimant = readHolder(claim);
        if (claimant && isAlive(claimant)) return { held: false, holder: claimant };
        rmSync(claim, { force: true });
        continue;
      }
      const still = readHolder(file);
      const takeover = still?.pid === holder.pid && still.born === holder.born;
      if (takeover) renameSync(mine, file);
      rmSync(claim, { force: true });
      if (takeover) return { held: true, release: () => release(file, me) };
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Who holds the lock; undefined when nobody who is alive does. */
export function holderOf(file: string): Holder | undefined {
  const holder = readHolder(file);
  return holder && isAlive(holder) ? holder : undefined;
}

function release(file: string, me: Holder): void {
  const holder = readHolder(file);
  if (holder?.pid === me.pid && holder.born === me.born) rmSync(file, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

const nobody: Holder = { pid: 0, born: '', purpose: 'unknown' };

/** Undefined when there is no lock any more; one that can't be read was left by nobody alive. */
function readHolder(file: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!isMap(value) || typeof value['pid'] !== 'number') return nobody;
    return { pid: value['pid'], born: String(value['born']), purpose: String(value['purpose']) };
  } catch {
    return nobody;
  }
}

function isAlive({ pid, born }: Holder): boolean {
  return pid > 0 && birthOf(pid) === born;
}
