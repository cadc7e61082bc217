import type { Reading, ServiceFacts } from '../../lib/contracts/machine.ts';

/** What the service states know of one unit. */
export interface UnitFacts extends ServiceFacts {
  /** Why nothing can be said of it at all. */
  readonly unavailable?: string | undefined;
  /** Why nothing can be started or stopped here. */
  readonly notRunning?: string | undefined;
}

const folders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

export async function readUnit({ name }: { readonly name: string }, machine: Reading): Promise<UnitFacts> {
  const { unavailable, notRunning } = machine.services;
  const facts = await machine.services.look(name);
  // A unit file that this run has written, or would have, counts before systemd knows of it.
  const exists = facts.exists || (isUnitName(name) && hasFile(machine, name));
  return { ...facts, exists, unavailable, notRunning };
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
