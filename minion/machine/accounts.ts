import { builtin } from '../../lib/builtin.ts';
import type { AccountView } from '../../lib/contracts/machine.ts';
import type { User } from '../../lib/system/account-files.ts';

export interface Accounts extends AccountView {
  user(user: string | number): User | undefined;
  /** Accounts may have changed: they are read again when next asked for. */
  forget(): void;
}

type Database = 'passwd' | 'group';

/** A line's fields: `name:x:number:...`. */
interface Table {
  readonly byName: Map<string, readonly string[]>;
  readonly byNumber: Map<string, readonly string[]>;
}

/**
 * Users and groups from `/etc/passwd` and `/etc/group`; for who is not in there (LDAP, systemd's own users), `getent` is
 * asked once. `read` gives the text of a file of the managed tree; `getent` is only for the running system's own tree.
 */
export function createAccounts(
  read: (path: string) => Buffer,
  getent: (database: Database, key: string) => string = () => '',
): Accounts {
  let tables: Partial<Record<Database, Table>> = {};

  function table(database: Database): Table {
    return (tables[database] ??= parse(textOf(() => read(`/etc/${database}`))));
  }

  function line(database: Database, key: string | number): readonly string[] | undefined {
    const text = String(key);
    if (/[:\n]/.test(text) || text === '') return undefined;
    const known = table(database);
    const found = /^\d+$/.test(text) ? known.byNumber.get(text) : known.byName.get(text);
    if (found) return found.length > 0 ? found : undefined;
    const asked = getent(database, text).split('\n')[0] ?? '';
    const fields = asked === '' ? [] : asked.split(':');
    // Remembered also when there is none: asking costs a process.
    (/^\d+$/.test(text) ? known.byNumber : known.byName).set(text, fields);
    return fields.length > 0 ? fields : undefined;
  }

  const number = (database: Database, key: string | number): number | undefined => {
    if (/^\d+$/.test(String(key))) return Number(key);
    const found = line(database, key)?.[2];
    if (found !== undefined) return Number(found);
    // A tree without these files has a root all the same.
    return key === 'root' ? 0 : undefined;
  };

  return {
    uid: (user) => number('passwd', user),
    gid: (group) => number('group', group),
    userName: (uid) => line('passwd', uid)?.[0] ?? (uid === 0 ? 'root' : String(uid)),
    groupName: (gid) => line('group', gid)?.[0] ?? (gid === 0 ? 'root' : String(gid)),
    user(user) {
      const [name, , uid, gid, , home, shell] = line('passwd', user) ?? [];
      if (name === undefined) return undefined;
      return { name, uid: Number(uid), gid: Number(gid), home: home ?? '/', shell: shell ?? '/bin/sh' };
    },
    forget() {
      tables = {};
    },
  };
}

/** Asks the system's own databases for one entry; empty when there is none, or no `getent`. */
export function askGetent(database: Database, key: string): string {
  return textOf(() =>
    builtin('node:child_process').execFileSync('getent', ['--', database, key], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }),
  );
}

function textOf(give: () => Buffer): string {
  try {
    return give().toString('utf8');
  } catch {
    // No such file, or no such entry: nobody is known.
    return '';
  }
}

function parse(text: string): Table {
  const byName: Table['byName'] = new Map();
  const byNumber: Table['byNumber'] = new Map();
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    const [name, , id] = fields;
    if (name === undefined || id === undefined || name.startsWith('#')) continue;
    // The first line of a name or number counts, as for the C library.
    if (!byName.has(name)) byName.set(name, fields);
    if (!byNumber.has(id)) byNumber.set(id, fields);
  }
  return { byName, byNumber };
}
