/* Public keys of SSH, as sshd(8) tells of them under AUTHORIZED_KEYS FILE FORMAT. */

/** A line of an authorized_keys file. */
export interface KeyLine {
  /** As written before the key, such as `from="10.0.0.*"`. */
  readonly options: readonly string[];
  /** Its kind: `ssh-ed25519`. */
  readonly enc: string;
  /** In base64. */
  readonly key: string;
  readonly comment: string;
}

const aliases: Readonly<Record<string, string>> = {
  r: 'ssh-rsa',
  rsa: 'ssh-rsa',
  d: 'ssh-dss',
  dsa: 'ssh-dss',
  dss: 'ssh-dss',
  e: 'ecdsa-sha2-nistp256',
  ecdsa: 'ecdsa-sha2-nistp256',
  ed25519: 'ssh-ed25519',
};

const kind = /^(sk-)?(ssh|ecdsa|rsa)-[A-Za-z0-9.@-]+$/;

/** The kind of a key by its name, or a short name as Salt takes it (`rsa`); undefined for anything else. */
export function keyKind(name: string): string | undefined {
  const full = Object.hasOwn(aliases, name) ? aliases[name] : name;
  return full !== undefined && kind.test(full) ? full : undefined;
}

/** The kind that a key itself tells, which is what its bytes begin with; undefined for what is no key. */
export function kindInside(key: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return undefined;
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  const name = bytes.subarray(4, 4 + length).toString('latin1');
  return name.length === length && kind.test(name) ? name : undefined;
}

/** `[options] kind key [comment]`; undefined for comments, blank lines and anything else. */
export function parseKeyLine(text: string): KeyLine | undefined {
  const line = text.trim();
  if (line === '' || line.startsWith('#')) return undefined;
  const [first = ''] = line.split(/\s+/, 1);
  if (keyKind(first) === first) return withOptions('', line);
  const end = endOfOptions(line);
  return end === undefined ? undefined : withOptions(line.slice(0, end), line.slice(end).trim());
}

function withOptions(options: string, rest: string): KeyLine | undefined {
  const [, enc = '', key = '', comment = ''] = /^(\S+)\s+(\S+)\s*(.*)$/.exec(rest) ?? [];
  if (keyKind(enc) !== enc || key === '') return undefined;
  return { options: splitOptions(options), enc, key, comment };
}

/** Where options end: at the first blank that is in no quotes. */
function endOfOptions(line: string): number | undefined {
  const [options] = /^(?:"(?:\\"|[^"])*"|[^\s"])+/.exec(line) ?? [];
  return options === undefined || options.length === line.length ? undefined : options.length;
}

/** Between options stand commas that are in no quotes. */
function splitOptions(text: string): string[] {
  return text.match(/(?:"(?:\\"|[^"])*"|[^,"])+/g) ?? [];
}

export function keyLineText({ options, enc, key, comment }: KeyLine): string {
  return [...(options.length > 0 ? [options.join(',')] : []), enc, key, ...(comment === '' ? [] : [comment])].join(' ');
}
