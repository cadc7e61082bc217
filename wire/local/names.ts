/** The control socket of a master, in its `sock_dir`. */
export const MASTER_SOCKET = 'master.sock';
/** The same for the master's own user (and root) alone; there where operators are named. */
export const OWNER_SOCKET = 'owner.sock';
