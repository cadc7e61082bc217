import type { Reading, Step } from '../../lib/contracts/machine.ts';
import type { UserArgs } from './args.ts';

/** What Salt shows in place of a password. */
export const redacted = 'XXX-REDACTED-XXX';

/*
 * A hash can only be compared with a password by the system's own crypt(3), which knows all kinds (yescrypt too). Every
 * Debian has Perl, and Perl has crypt. Both come on standard input: arguments are for everyone to see.
 */
const compare = 'chomp(my ($hash, $clear) = <STDIN>); exit((crypt($clear, $hash) // q()) eq $hash ? 0 : 1)';

/** Whether the password that is given in clear is the one with this hash; false where none is given. */
export async function isSamePassword(
  { password, hash_password: clear, empty_password: empty, password_lock: lock }: UserArgs,
  entry: string | undefined,
  { processes }: Reading,
): Promise<boolean> {
  const hash = lock === undefined ? entry : entry?.replace(/^!+/, '');
  if (password === undefined || !clear || empty || !hash?.startsWith('$')) return false;
  const { code } = await processes.run({ argv: ['perl', '-e', compare], stdin: `${hash}\n${password}\n` });
  return code === 0;
}

/** What has to be done about a password. */
export interface PasswordPlan {
  readonly set: boolean;
  readonly empty: boolean;
  /** Lock or unlock; undefined for neither. */
  readonly lock: boolean | undefined;
}

export function planPassword(given: UserArgs, hash: string, samePassword: boolean): PasswordPlan {
  const { password, hash_password: clear, enforce_password: enforced, empty_password: empty } = given;
  const { password_lock: wantsLock } = given;
  const isLocked = hash.startsWith('!');
  // A lock is a mark before the hash, and stays when that is the right one.
  const bare = wantsLock === undefined ? hash : hash.replace(/^!+/, '');
  const isUnset = /^[!*]*$/.test(hash) && hash !== '';
  const differs = clear ? !samePassword : bare !== password;
  const set = password !== undefined && !empty && (enforced || isUnset) && differs;
  const willBeLocked = !set && !empty && isLocked;
  const lock = wantsLock === undefined || wantsLock === willBeLocked ? undefined : wantsLock;
  return { set, empty: empty && hash !== '', lock };
}

/** The steps for it; `chpasswd` gets what it has to know on its standard input. */
export function passwordSteps({ name, password = '', hash_password: clear }: UserArgs, plan: PasswordPlan): Step[] {
  const step = (argv: readonly string[], stdin?: string): Step => ({
    do: 'run',
    command: { argv, ...(stdin === undefined ? {} : { stdin }) },
    must: true,
  });
  return [
    ...(plan.set ? [step(clear ? ['chpasswd'] : ['chpasswd', '-e'], `${name}:${password}\n`)] : []),
    ...(plan.empty ? [step(['passwd', '-d', '--', name])] : []),
    ...(plan.lock === undefined ? [] : [step(['usermod', plan.lock ? '-L' : '-U', '--', name])]),
  ];
}

/** What to tell whoever gives something else than a hash for one. */
export function passwordWarnings({ password, hash_password: clear, empty_password: empty }: UserArgs): string[] {
  const isHash = password === undefined || clear || empty || /^([!*$_]|[A-Za-z0-9./]{13}$)/.test(password);
  return isHash
    ? []
    : ["'password' is not a hash, so nobody can log in with it: give one (mkpasswd -m sha-512), or set hash_password"];
}
