import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Reading, Step } from '../../lib/contracts/machine.ts';
import { lookThrough } from '../../lib/links.ts';
import { readUsers, type UserLine } from '../../lib/system/account-files.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { textOf } from '../../lib/text.ts';
import { isOfHost, parseHostKey, withoutHost, hostKeyText, type HostKey } from './entries.ts';

/** What the functions of ssh_known_hosts have in common. */
export const hostArgs = {
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_[:][A-Za-z0-9_.:\]%-]*$/, 'the name or address of one host')),
  user: v.optional(accountName),
  config: v.optional(v.pipe(v.string(), v.minLength(1))),
};

const schema = v.strictObject(hostArgs);
type HostArgs = v.InferOutput<typeof schema>;

export function checkPlace({ user, config }: Pick<HostArgs, 'user' | 'config'>): string | undefined {
  return user === undefined && config !== undefined && !config.startsWith('/')
    ? 'If not specifying a "user", specify an absolute "config".'
    : undefined;
}

/** A known_hosts file. */
export interface KnownHosts {
  readonly user?: UserLine | undefined;
  /** As the state has it, for people. */
  readonly config: string;
  readonly path: string;
  readonly there: FileFacts | undefined;
  readonly lines: readonly string[];
  readonly needsFolder: boolean;
}

/** The file of a user, or of everybody; a sentence when it can't be told where it is. */
export function readKnownHosts(given: Pick<HostArgs, 'user' | 'config'>, { files }: Reading): KnownHosts | string {
  const user = given.user === undefined ? undefined : readUsers(files).lines.get(given.user);
  if (given.user !== undefined && !user) return `User ${given.user} does not exist`;
  const config = given.config ?? (user ? '.ssh/known_hosts' : '/etc/ssh/ssh_known_hosts');
  const asked = posix.resolve(user?.home ?? '/', config);
  const found = lookThrough(files, asked);
  if (!found) return `${asked} is a circle of symbolic links`;
  const { path, there } = found;
  if (there && there.kind !== 'file') return `${path} is not a regular file`;
  const lines = there ? textOf(files.read(path), path).split('\n') : [];
  if (lines.at(-1) === '') lines.pop();
  return { user, config, path, there, lines, needsFolder: files.follow(posix.dirname(path)) === undefined };
}

export function entriesOf({ lines }: KnownHosts, pattern: string): HostKey[] {
  return lines.map(parseHostKey).filter((entry): entry is HostKey => entry !== undefined && isOfHost(entry, pattern));
}

/** The lines without a host's keys: all of them, or those of one kind. */
export function linesWithout({ lines }: KnownHosts, pattern: string, enc?: string): string[] {
  return lines.flatMap((line) => {
    const entry = parseHostKey(line);
    if (!entry || !isOfHost(entry, pattern) || (enc !== undefined && entry.enc !== enc)) return [line];
    const rest = withoutHost(entry, pattern);
    return rest ? [hostKeyText(rest)] : [];
  });
}

export function writeHosts({ user, path, there, needsFolder }: KnownHosts, lines: readonly string[]): Step[] {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const owner = user ? { uid: user.uid, gid: user.gid } : {};
  // What everybody's ssh is to read, everybody may read.
  const modes = user ? { file: 0o600, folder: 0o700 } : { file: 0o644, folder: 0o755 };
  return [
    ...(needsFolder
      ? [{ do: 'mkdir', path: posix.dirname(path), parents: true, mode: modes.folder, ...owner } as const]
      : []),
    { do: 'write', path, content, ...(there ? {} : { mode: modes.file, ...owner }) },
  ];
}
