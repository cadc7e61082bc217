import type { AccountView, FileFacts, Ownership } from '../../lib/contracts/machine.ts';
import type { JsonMap } from '../../lib/json.ts';

/** Whom and how a thing is to belong; what is undefined stays as it is. */
export interface Wanted extends Ownership {
  readonly user?: string | undefined;
  readonly group?: string | undefined;
}

type Name = string | number | undefined;

/** The numbers of a user and a group; a sentence in their place when one of them does not exist. */
export function readOwner(accounts: AccountView, args: { user?: Name; group?: Name }): Wanted | string {
  const { user, group } = args;
  const uid = user === undefined || user === '' ? undefined : accounts.uid(user);
  const gid = group === undefined || group === '' ? undefined : accounts.gid(group);
  const missing = [
    ...(user !== undefined && user !== '' && uid === undefined ? [`User ${user} is not available`] : []),
    ...(group !== undefined && group !== '' && gid === undefined ? [`Group ${group} is not available`] : []),
  ];
  if (missing.length > 0) return missing.join(' ');
  return {
    uid,
    gid,
    user: uid === undefined ? undefined : String(user),
    group: gid === undefined ? undefined : String(group),
  };
}

/** What differs between a thing and how it is to belong, as Salt reports it; all of what is wanted for a new one. */
export function ownershipChanges(there: FileFacts | undefined, wanted: Wanted): JsonMap {
  return {
    ...(wanted.uid !== undefined && wanted.uid !== there?.uid ? { user: wanted.user ?? String(wanted.uid) } : {}),
    ...(wanted.gid !== undefined && wanted.gid !== there?.gid ? { group: wanted.group ?? String(wanted.gid) } : {}),
    ...(wanted.mode !== undefined && wanted.mode !== there?.mode ? { mode: modeText(wanted.mode) } : {}),
  };
}

/** Just the numbers of it, for a step. */
export function ownershipOf({ mode, uid, gid }: Ownership): Ownership {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

/** Four octal digits. */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** The mode for directories that have to be made for a file of this mode: whoever may read may also enter. */
export function directoryModeFor(mode: number | undefined): number | undefined {
  if (mode === undefined) return undefined;
  const bits = mode & 0o777;
  return [0o100, 0o010, 0o001].reduce((sum, enter) => ((bits & (enter * 7)) === 0 ? sum : sum | enter), bits);
}
