import type { AccountView } from '../../lib/contracts/machine.ts';

/** Options that only mean something to mount(8), to who reads fstab, or to the other side: the kernel does not show them. */
const invisible = new Set(
  `_netdev actimeo auto backup-volfile-servers bg bind comment credentials defaults delay_connect direct-io-mode fail fg group
  intr loop nobootwait noauto nofail nointr nonempty nouser nousers offset owner pass password port rbind reconnect remount retry
  secretfile sizelimit soft transform_symlinks user users`.split(/\s+/),
);

/** What holds where nothing is said, which the kernel does not show either. */
const usual = new Set('async dev diratime exec suid loud nomand noiversion atime'.split(' '));

/** What the kernel always shows when it is so. */
const shown = new Set(
  'ro rw nosuid nodev noexec noatime nodiratime relatime strictatime lazytime sync dirsync'.split(' '),
);

/** In the words of the kernel. */
function translate(option: string, fstype: string, accounts: AccountView): string {
  const [key, value] = split(option);
  if (option === 'tcp' || option === 'udp') return `proto=${option}`;
  if (value === undefined) return option;
  if (key === 'size') {
    const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(value) ?? [];
    const factor = { k: 1, m: 1024, g: 1024 * 1024 }[unit.toLowerCase()];
    return digits === undefined || factor === undefined ? option : `size=${Number(digits) * factor}k`;
  }
  if (key === 'mode') return `mode=${value.replace(/^0+(?=.)/, '')}`;
  if (key === 'uid') return `uid=${accounts.uid(value) ?? value}`;
  if (key === 'gid') return `gid=${accounts.gid(value) ?? value}`;
  return key === 'user' && fstype === 'cifs' ? `username=${value}` : option;
}

function split(option: string): [string, string?] {
  const at = option.indexOf('=');
  return at === -1 ? [option] : [option.slice(0, at), option.slice(at + 1)];
}

export interface OptionsAsked {
  readonly fstype: string;
  readonly opts: string;
  /** Others that the kernel does not show. */
  readonly hidden: readonly string[];
}

/**
 * The options that something mounted does not have. Of those that the kernel may or may not show, only the ones that are new in
 * fstab count (`noted` are those that stand there), so that they are not set again each time.
 */
export function missingOptions(
  { fstype, opts, hidden }: OptionsAsked,
  active: readonly string[],
  noted: readonly string[] | undefined,
  accounts: AccountView,
): string[] {
  const keysOfActive = new Set(active.map((option) => split(option)[0]));
  return opts.split(',').filter((asked) => {
    const option = translate(asked, fstype, accounts);
    const [key, value] = split(option);
    if (invisible.has(key) || hidden.includes(key) || hidden.includes(asked) || key.startsWith('x-')) return false;
    if (active.includes(option) || active.includes(asked)) return false;
    if (fstype === 'ramfs' && key === 'size') return false;
    if (shown.has(option)) return true;
    if (usual.has(option)) return active.includes(`no${option}`) || (option === 'async' && active.includes('sync'));
    if (value !== undefined && keysOfActive.has(key)) return true;
    return noted !== undefined && !noted.includes(asked);
  });
}
