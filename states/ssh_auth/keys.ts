import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, FileStep, Reading, Step } from '../../lib/contracts/machine.ts';
import { lookThrough } from '../../lib/links.ts';
import { byTls, fetchSource, sourceProblem } from '../../lib/sources/fetch-source.ts';
import { readUsers, type UserLine } from '../../lib/system/account-files.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { keyKind, kindInside, parseKeyLine, type KeyLine } from '../../lib/system/ssh-keys.ts';
import { isWeb } from '../../lib/sources/download.ts';
import { textOf } from '../../lib/text.ts';

const oneLine = v.pipe(v.string(), v.regex(/^[^\r\n\0]*$/, 'one line'));

/** What the functions of ssh_auth have in common. */
export const keyArgs = {
  name: oneLine,
  user: accountName,
  enc: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => keyKind(text) !== undefined, 'a kind of key, such as ssh-ed25519'),
    ),
  ),
  comment: v.optional(oneLine, ''),
  source: v.optional(v.string(), ''),
  options: v.optional(v.array(v.pipe(oneLine, v.minLength(1))), []),
  /** Relative to the user's home; %u, %h and %% as in sshd_config(5). */
  config: v.optional(v.pipe(v.string(), v.minLength(1)), '.ssh/authorized_keys'),
};

const schema = v.strictObject(keyArgs);
export type KeyArgs = v.InferOutput<typeof schema>;

/** The keys that are asked for, and the file they are about. */
export interface KeyFacts {
  readonly problem?: string | undefined;
  readonly keys: readonly KeyLine[];
  readonly file?: KeyFile | undefined;
}

export interface KeyFile {
  readonly user: UserLine;
  /** Where it is, through links. */
  readonly path: string;
  readonly there: FileFacts | undefined;
  readonly lines: readonly string[];
  /** It would be in a home that is not there. */
  readonly homeless: boolean;
  /** The directory it is in has to be made. */
  readonly needsFolder: boolean;
}

export function checkKeyArgs({
  source,
  config,
  user,
}: Pick<KeyArgs, 'source' | 'config' | 'user'>): string | undefined {
  const path = expand(config, user, '/');
  if (path === undefined) return `config ${config}: only %u, %h and %% are known`;
  return source === '' ? undefined : sourceProblem([source], { web: 'https' });
}

function expand(config: string, user: string, home: string): string | undefined {
  const known: Readonly<Record<string, string>> = { '%%': '%', '%u': user, '%h': home };
  if (/%(?![%uh])/.test(config.replaceAll('%%', ''))) return undefined;
  return posix.resolve(
    home,
    config.replace(/%[%uh]/g, (token) => known[token] ?? token),
  );
}

export async function readKeyFacts(given: KeyArgs, names: readonly string[], machine: Reading): Promise<KeyFacts> {
  const keys = given.source === '' ? names.map((name) => keyOf(name, given)) : await keysOfSource(given, machine);
  const problem = typeof keys === 'string' ? keys : keys.find((key) => typeof key === 'string');
  const found = typeof keys === 'string' ? [] : keys.filter((key): key is KeyLine => typeof key !== 'string');
  const file = readKeyFile(given, machine);
  return typeof file === 'string' ? { problem: problem ?? file, keys: found } : { problem, keys: found, file };
}

/** The key that a state names: the key alone, or a whole line. */
function keyOf(name: string, given: KeyArgs): KeyLine | string {
  const [first = '', ...comment] = name.trim().split(/\s+/);
  const inside = kindInside(first);
  const line =
    inside === undefined ? parseKeyLine(name) : { options: [], enc: inside, key: first, comment: comment.join(' ') };
  const invalid = 'Invalid public ssh key, most likely has spaces or invalid syntax';
  if (!line) return invalid;
  const told = kindInside(line.key);
  if (told === undefined) return invalid;
  const asked = given.enc === undefined ? undefined : keyKind(given.enc);
  if (inside !== undefined && asked !== undefined && asked !== told) {
    return `Invalid public ssh key: it is one of the kind ${told}, not ${asked}`;
  }
  return {
    ...line,
    options: line.options.length > 0 ? line.options : given.options,
    comment: line.comment === '' ? given.comment : line.comment,
  };
}

async function keysOfSource(given: KeyArgs, machine: Reading): Promise<(KeyLine | string)[] | string> {
  const { source, options } = given;
  const file = await fetchSource(machine, [source], byTls);
  if (typeof file === 'string')
    return isWeb(source) ? file : `Failed to add the ssh key. Source file ${source} is missing`;
  const lines = textOf(file.content, source)
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line));
  if (lines.length === 0) return `No keys detected in ${source}. Is file properly formatted?`;
  return lines.map((line) => {
    const found = parseKeyLine(line);
    if (!found || kindInside(found.key) === undefined) return `${source} has a line that is no public key of SSH`;
    return { ...found, options: found.options.length > 0 ? found.options : options };
  });
}

function readKeyFile({ user: name, config }: KeyArgs, { files, accounts }: Reading): KeyFile | string {
  const user = readUsers(files).lines.get(name);
  if (!user) {
    return accounts.uid(name) === undefined
      ? `User '${name}' does not exist`
      : `User '${name}' is not in /etc/passwd: where the home is, can't be told`;
  }
  const asked = expand(config, name, user.home) ?? config;
  const found = lookThrough(files, asked);
  if (!found) return `${asked} is a circle of symbolic links`;
  const { path, there } = found;
  if (there && there.kind !== 'file') return `${path} is not a regular file`;
  const lines = there ? textOf(files.read(path), path).split('\n') : [];
  if (lines.at(-1) === '') lines.pop();
  const homeless = !there && path.startsWith(`${user.home}/`) && files.follow(user.home)?.kind !== 'directory';
  return { user, path, there, lines, homeless, needsFolder: files.follow(posix.dirname(path)) === undefined };
}

/** The file with other lines; what has to be made is its user's, and nobody else's to see. */
export function writeKeys({ user: { uid, gid }, path, there, needsFolder }: KeyFile, lines: readonly string[]): Step[] {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const folder: FileStep = { do: 'mkdir', path: posix.dirname(path), parents: true, mode: 0o700, uid, gid };
  const write: FileStep = { do: 'write', path, content, ...(there ? {} : { mode: 0o600, uid, gid }) };
  return needsFolder ? [folder, write] : [write];
}

/** Where a key stands in the file; -1 when it does not. */
export function findKey(lines: readonly string[], { key }: KeyLine): number {
  return lines.findIndex((line) => parseKeyLine(line)?.key === key);
}
