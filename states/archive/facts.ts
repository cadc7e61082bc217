import { createHash } from 'node:crypto';
import { strip, throughLink, type Contents, type Member } from '../../lib/archives/member.ts';
import { parseTarList, readTar } from '../../lib/archives/tar.ts';
import { readZip } from '../../lib/archives/zip.ts';
import type { FileFacts, FileStep, Reading } from '../../lib/contracts/machine.ts';
import { lacking } from '../../lib/programs.ts';
import { fits, hashInList, parseHash, printHash, type Hash } from '../../lib/sources/content-hash.ts';
import type { DownloadArgs } from '../../lib/sources/download.ts';
import { fetchSource, localSource } from '../../lib/sources/fetch-source.ts';
import { folderOf, formatOf, type Args } from './args.ts';
import { parseOptions } from './options.ts';

/** A member, and what stands in its place. */
export interface Item extends Member {
  readonly there: FileFacts | undefined;
  /** The file holds other bytes than the archive's. */
  readonly differs: boolean;
}

export interface Facts {
  readonly problem?: string;
  /** All is well, and why nobody has to look further. */
  readonly enough?: string;
  readonly source: string;
  readonly items: readonly Item[];
  /** The program that has to do it, with its words; what it unpacks is on the machine, or `content`. */
  readonly program?: { readonly words: readonly string[]; readonly content?: Buffer };
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Whose files are what, by the names in the archive. */
  readonly owners: Readonly<Record<string, { readonly uid: number | undefined; readonly gid: number | undefined }>>;
  /** Things whose owner is not the one that is wanted. */
  readonly foreign: readonly string[];
  readonly folderExists: boolean;
  /** Who is not root owns what he unpacks. */
  readonly mayGive: boolean;
  /** Where the sum of what was unpacked is noted. */
  readonly record: string;
  readonly hash?: Hash | undefined;
  /** What keeps a copy of what was downloaded for the next time. */
  readonly keep?: readonly FileStep[] | undefined;
  /** The sum has changed since. */
  readonly renewed: boolean;
}

const nothing: Facts = {
  source: '',
  items: [],
  uid: undefined,
  gid: undefined,
  owners: {},
  foreign: [],
  folderExists: false,
  mayGive: false,
  record: '',
  renewed: false,
};

const problem = (text: string): Facts => ({ ...nothing, problem: text });

/** What is in the archive, and what of it is on the machine. Nothing is unpacked. */
export async function readArchive(given: Args, machine: Reading): Promise<Facts> {
  const { files, accounts } = machine;
  const folder = folderOf(given);
  const top = files.follow(folder);
  if (top && top.kind !== 'directory') return problem(`${folder} exists and is not a directory`);
  if (given.if_missing !== undefined && (files.follow(given.if_missing) ?? files.look(given.if_missing)))
    return { ...nothing, enough: `Path ${given.if_missing} exists` };
  const uid = given.user === undefined ? undefined : accounts.uid(given.user);
  const gid = given.group === undefined ? undefined : accounts.gid(given.group);
  if (given.user !== undefined && uid === undefined) return problem(`User ${given.user} does not exist`);
  if (given.group !== undefined && gid === undefined) return problem(`Group ${given.group} does not exist`);

  const hash = await readHash(given, machine);
  if (typeof hash === 'string') return problem(hash);
  const record = `/var/cache/tsalt/archives/${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
  const noted = files.follow(record)?.kind === 'file' ? files.read(record).toString().trim() : undefined;
  if (given.skip_files_list_verify && hash && noted === printHash(hash))
    return {
      ...nothing,
      enough: `Archive ${given.source[0] ?? ''} existing source sum is the same as the expected one and skip_files_list_verify argument was set to True. Extraction is not needed`,
    };

  const found = await fetchSource(machine, given.source, { ...fromWeb(given), hash });
  if (typeof found === 'string') return problem(found);
  if (hash && !fits(found.content, hash))
    return problem(`${found.url} does not match the desired source_hash ${hash.digest}`);
  const contents = await readContents(given, found, machine);
  if ('problem' in contents) return problem(`Unable to list contents of ${found.url}: ${contents.problem}`);
  const bad = throughLink(contents.members);
  if (bad !== undefined)
    return problem(`Unable to extract ${found.url}: ${bad} in it leads through a link to somewhere else`);

  const items = contents.members.map((member) => look(member, folder, given, machine));
  return {
    source: found.url,
    items,
    ...(contents.program ? { program: contents.program } : {}),
    uid,
    gid,
    owners: ownersOf(contents.members, machine),
    foreign: foreignOf(given, items, uid, gid, machine),
    folderExists: top !== undefined,
    mayGive: process.geteuid?.() === 0,
    record,
    hash,
    keep: found.keep,
    renewed: given.source_hash_update && hash !== undefined && noted !== undefined && noted !== printHash(hash),
  };
}

function fromWeb({ skip_verify, use_etag, keep_source, keep }: Args): DownloadArgs {
  return { skip_verify, use_etag, keep_source: keep_source ?? keep ?? true, verify_ssl: true };
}

async function readHash(given: Args, machine: Reading): Promise<Hash | string | undefined> {
  const { source_hash: text, source_hash_name: name, source } = given;
  if (text === undefined) return undefined;
  const literal = parseHash(text);
  if (literal) return literal;
  const list = await fetchSource(machine, [text], { ...fromWeb(given), skip_verify: true, keep_source: false });
  if (typeof list === 'string') return list;
  const names = [...(name === undefined ? [] : [name]), (source[0] ?? '').replace(/[?#].*$/, '')];
  return hashInList(list.content.toString(), names) ?? `${text} has no sum for ${source[0] ?? ''}`;
}

type Read = Extract<Contents, { members: unknown }> & Pick<Facts, 'program'>;

/** The members, with the program where only that can unpack them. */
async function readContents(
  given: Args,
  { url, content }: { readonly url: string; readonly content: Buffer },
  machine: Reading,
): Promise<Read | { problem: string }> {
  const format = formatOf(given) ?? 'tar';
  const options = parseOptions(String(given.options ?? ''), format);
  const own = format === 'zip' ? readZip(content, given.extract_perms) : readTar(content);
  if ('problem' in own && !own.program) return own;
  const local = localSource(url);
  const input = local === undefined ? { content } : {};
  const where = local === undefined ? [] : [local];
  if ('members' in own && options.words.length === 0) return { members: strip(own.members, options.strip) };

  const [program, from] = format === 'zip' ? ['unzip', 'unzip'] : ['tar', 'tar'];
  const missing = lacking(machine.files, program, `Extracting ${url}`, from);
  if (missing !== undefined) return { problem: missing };
  const stripping = options.strip > 0 ? [`--strip-components=${options.strip}`] : [];
  const words =
    format === 'zip'
      ? ['unzip', '-o', ...options.words, '-d', folderOf(given), ...where]
      : ['tar', '--extract', ...options.words, ...stripping, '--directory', folderOf(given), '--file', ...where];
  if ('members' in own) return { members: strip(own.members, options.strip), program: { words, ...input } };
  if (format === 'zip') return { problem: own.problem };
  const listed = await machine.processes.run({
    argv: ['tar', '--list', '--verbose', '--quoting-style=literal', '--file', ...where],
    env: { LC_ALL: 'C.UTF-8' },
    ...(local === undefined ? { script: content } : {}),
  });
  if (listed.code !== 0) return { problem: listed.stderr.trim() || `tar ended with code ${listed.code}` };
  const list = parseTarList(listed.stdout);
  return 'problem' in list ? list : { members: strip(list.members, options.strip), program: { words, ...input } };
}

function look(member: Member, folder: string, given: Args, { files }: Reading): Item {
  const path = `${folder === '/' ? '' : folder}/${member.path}`;
  const there = files.look(path);
  const differs =
    given.overwrite &&
    member.kind === 'file' &&
    there?.kind === 'file' &&
    (member.content === undefined || there.size !== member.content.length || !files.read(path).equals(member.content));
  return { ...member, there, differs };
}

/** The numbers of users and groups that the archive names; where nobody is called so, its own numbers. */
function ownersOf(members: readonly Member[], { accounts }: Reading): Facts['owners'] {
  return Object.fromEntries(
    members.flatMap(({ user, group, uid, gid }) =>
      uid === undefined && gid === undefined
        ? []
        : [
            [
              `${user}:${group}:${uid}:${gid}`,
              {
                uid: user ? (accounts.uid(user) ?? uid) : uid,
                gid: group ? (accounts.gid(group) ?? gid) : gid,
              },
            ],
          ],
    ),
  );
}

function foreignOf(
  given: Args,
  items: readonly Item[],
  uid: number | undefined,
  gid: number | undefined,
  { files }: Reading,
): string[] {
  if (uid === undefined && gid === undefined) return [];
  const isForeign = (facts: FileFacts): boolean => facts.uid !== (uid ?? facts.uid) || facts.gid !== (gid ?? facts.gid);
  const folder = folderOf(given);
  if (given.enforce_ownership_on === undefined)
    return items.flatMap(({ there, path }) => (there && isForeign(there) ? [`${folder}/${path}`] : []));
  const below = (path: string): string[] => {
    const facts = files.look(path);
    if (!facts) return [];
    const inner = facts.kind === 'directory' ? files.list(path).flatMap((name) => below(`${path}/${name}`)) : [];
    return isForeign(facts) ? [path, ...inner] : inner;
  };
  return below(given.enforce_ownership_on.replace(/\/+$/, ''));
}
