import type { Changes } from '../../lib/contracts/state.ts';
import type { PackagesFacts } from './facts.ts';

/** Packages that a state holds and lets go. Those in both are let go for the change alone. */
export interface Holds {
  readonly hold: readonly string[];
  readonly unhold: readonly string[];
}

interface HoldArgs {
  readonly hold?: boolean | undefined;
  readonly update_holds?: boolean | undefined;
}

/** What has to be held or let go; a sentence where a package that is held would have to change. */
export function planHolds(
  { hold, update_holds: update }: HoldArgs,
  all: readonly string[],
  changing: readonly string[],
  { present }: PackagesFacts,
): Holds | string {
  const isHeld = (name: string): boolean => present[name]?.held === true;
  const inTheWay = changing.filter(isHeld);
  if (hold === false) return { hold: [], unhold: all.filter(isHeld) };
  if (inTheWay.length > 0 && !update)
    return `These packages are held and would have to change: ${inTheWay.join(', ')}. Set 'update_holds' to true to allow that`;
  const fresh = hold === true ? all.filter((name) => !isHeld(name)) : [];
  return { hold: [...inTheWay, ...fresh], unhold: inTheWay };
}

const only = (one: readonly string[], other: readonly string[]): string[] =>
  one.filter((name) => !other.includes(name));

/** Changes with what is held added to them, as Salt writes it. */
export function holdChanges({ hold, unhold }: Holds, changes: Changes): Changes {
  const all: Changes = { ...changes };
  const note = (name: string, old: string, now: string): void => {
    const there = all[name] as { old: string; new: string } | undefined;
    all[name] = there ? { old: join(there.old, old), new: join(there.new, now) } : { old, new: now };
  };
  for (const name of only(hold, unhold)) note(name, 'install', 'hold');
  for (const name of only(unhold, hold)) note(name, 'hold', 'install');
  return all;
}

const join = (version: string, selection: string): string => (version === '' ? selection : `${version}\n${selection}`);

export function holdComments({ hold, unhold }: Holds, when: 'planned' | 'done'): string[] {
  return [
    ...only(hold, unhold).map((name) =>
      when === 'planned' ? `Package ${name} is set to be held.` : `Package ${name} is now being held.`,
    ),
    ...only(unhold, hold).map((name) =>
      when === 'planned' ? `Package ${name} is set not to be held.` : `Package ${name} is no longer being held.`,
    ),
  ];
}
