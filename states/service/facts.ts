import type { Reading, ServiceFacts } from '../../lib/contracts/machine.ts';

/** What the service states know of one unit. */
export interface UnitFacts extends ServiceFacts {
  /** Why nothing can be said of it at all. */
  readonly unavailable?: string | undefined;
  /** Why nothing can be started or stopped here. */
  readonly notRunning?: string | undefined;
}

const folders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

export async function readUnit(
  { name, sig }: { readonly name: string; readonly sig?: string | undefined },
  machine: Reading,
): Promise<UnitFacts> {
  const { unavailable, notRunning } = machine.services;
  const facts = await machine.services.look(name);
  // A unit file that this run has written, or would have, counts before systemd knows of it.
  const exists = facts.exists || (isUnitName(name) && hasFile(machine, name));
  const running = sig === undefined ? facts.running : hasProcess(machine, sig);
  return { ...facts, running, exists, unavailable, notRunning };
}

/** Names of units: what systemd.unit(5) allows in them, and no path. */
export function isUnitName(name: string): boolean {
  return /^[A-Za-z0-9:_.\\@-]{1,255}$/.test(name) && !name.startsWith('-');
}

/** The complaint about a name that no unit can have. */
export function checkUnit({ name }: { readonly name: string }): string | undefined {
  return isUnitName(name) ? undefined : `${JSON.stringify(name)} is not the name of a systemd unit`;
}

function hasFile({ files }: Reading, name: string): boolean {
  const unit = /\.[a-z]+$/.test(name) ? name : `${name}.service`;
  const template = unit.replace(/@.*\./, '@.');
  return folders.some((folder) => [unit, template].some((file) => files.follow(`${folder}/${file}`) !== undefined));
}

/** Whether some process was started with these words; those that are running this do not count. */
function hasProcess({ files }: Reading, sig: string): boolean {
  if (files.follow('/proc')?.kind !== 'directory') return false;
  const own = ancestors(files);
  return files
    .list('/proc')
    .filter((name) => /^\d+$/.test(name) && !own.has(name))
    .some((name) => textOf(files, `/proc/${name}/cmdline`).replaceAll('\0', ' ').includes(sig));
}

/** This process, what has started it, what has started that, ... */
function ancestors(files: Reading['files']): ReadonlySet<string> {
  const found = new Set<string>();
  for (let pid = String(process.pid); pid !== '0' && pid !== '' && !found.has(pid);) {
    found.add(pid);
    // The name in it may have any characters, also a bracket (proc(5)).
    pid = /^.*\) \S (\d+)/s.exec(textOf(files, `/proc/${pid}/stat`))?.[1] ?? '';
  }
  return found;
}

/** Processes end at any time: what is not there any more says nothing. */
function textOf(files: Reading['files'], place: string): string {
  try {
    return files.read(place).toString('utf8');
  } catch {
    return '';
  }
}
