import * as v from 'valibot';
import type { Finding } from '../config/option.ts';
import { ANY, BASE } from '../environments.ts';
import { fnmatch } from '../fnmatch.ts';
import { whyNoAddress } from './address.ts';
import { isObjectId, type Placed, type Refs, type Repository } from './kept.ts';
import {
  commonSettings,
  entriesOf,
  folder,
  readRemotes,
  readSettings,
  refTypes,
  saltOnly,
  seconds,
  texts,
  type Vocabulary,
} from './settings.ts';

/* Salt's gitfs: branches and tags of repositories as environments of the state tree. */

type RefType = 'branch' | 'tag' | 'sha';

/** What an environment is said to be, in place of the branch of its name. */
type Mapping = ReadonlyMap<string, { readonly ref?: string; readonly root?: string; readonly mountpoint?: string }>;

/** A remote whose branches and tags are environments. */
export interface FileRemote extends Repository {
  /** For people: its name, or its address. */
  readonly name: string;
  /** Undefined: `master`, or `main` where there is no `master`. */
  readonly base: string | undefined;
  readonly fallback: string;
  readonly root: string;
  readonly mountpoint: string;
  readonly ref_types: readonly RefType[];
  readonly disable_saltenv_mapping: boolean;
  readonly allow: readonly string[];
  readonly block: readonly string[];
  readonly saltenv: Mapping;
  /** The only branch or tag, for every environment. */
  readonly all_saltenvs: string | undefined;
  /** Seconds between two fetches. */
  readonly update_interval: number;
}

/** The options that say what remotes do not say themselves. */
export interface FileRemoteOptions {
  readonly gitfs_remotes: readonly unknown[];
  readonly gitfs_base: string | undefined;
  readonly gitfs_fallback: string;
  readonly gitfs_root: string;
  readonly gitfs_mountpoint: string;
  readonly gitfs_ref_types: readonly RefType[];
  readonly gitfs_disable_saltenv_mapping: boolean;
  readonly gitfs_saltenv_allowlist: readonly string[];
  readonly gitfs_saltenv_blocklist: readonly string[];
  readonly gitfs_saltenv: readonly unknown[];
  readonly gitfs_update_interval: number;
  readonly gitfs_ssl_verify: boolean;
  readonly gitfs_privkey: string | undefined;
  readonly gitfs_http_header_file: string | undefined;
}

const ofEnvironment = {
  ref: v.pipe(v.string('a branch, a tag or a commit'), v.nonEmpty()),
  root: folder,
  mountpoint: folder,
};
const vocabulary: Vocabulary = {
  known: {
    ...commonSettings,
    ref_types: refTypes,
    disable_saltenv_mapping: v.boolean('true or false'),
    saltenv_allowlist: texts,
    saltenv_blocklist: texts,
    saltenv_whitelist: texts,
    saltenv_blacklist: texts,
    saltenv: v.array(v.record(v.string(), v.unknown()), 'a list of one-key maps, such as [{dev: [{ref: develop}]}]'),
    all_saltenvs: v.pipe(v.string('a branch or a tag'), v.nonEmpty('a branch or a tag')),
    update_interval: seconds,
  },
  saltOnly,
  whyNot: whyNoAddress,
};

/** What is wrong with `gitfs_remotes`. */
export function findInFileRemotes(list: readonly unknown[]): readonly Finding[] {
  const { remotes, findings } = readRemotes(list, vocabulary);
  return [
    ...findings,
    ...remotes.flatMap(({ said, settings }) => {
      const index = list.findIndex((one) => one !== null && typeof one === 'object' && Object.hasOwn(one, said));
      return Array.isArray(settings['saltenv'])
        ? findInMapping(settings['saltenv'], [index, said, ...placeOfSetting(list[index], said)])
        : [];
    }),
  ];
}

/** What is wrong with `gitfs_saltenv`, or with `saltenv` of a remote. */
export function findInMapping(list: readonly unknown[], at: readonly (string | number)[] = []): readonly Finding[] {
  const findings: Finding[] = [];
  readMapping(list, at, findings);
  return findings;
}

function readMapping(list: readonly unknown[], at: readonly (string | number)[], findings: Finding[]): Mapping {
  return new Map(
    entriesOf(list, at, findings).map(({ way, key, value }) => [
      key,
      readSettings(value, { known: ofEnvironment, saltOnly: {} }, way, findings),
    ]),
  );
}

/** The way to a remote's `saltenv`: in a map, or in the map of a list that has it. */
function placeOfSetting(remote: unknown, said: string): (string | number)[] {
  const settings: unknown =
    remote !== null && typeof remote === 'object' ? (remote as Record<string, unknown>)[said] : undefined;
  if (!Array.isArray(settings)) return ['saltenv'];
  return [settings.findIndex((one: unknown) => one !== null && typeof one === 'object' && 'saltenv' in one), 'saltenv'];
}

/** The remotes that a config names. One with a mistake is not among them. */
export function fileRemotes(options: FileRemoteOptions): readonly FileRemote[] {
  const overall = readMapping(options.gitfs_saltenv, [], []);
  return readRemotes(options.gitfs_remotes, vocabulary).remotes.map(({ said, settings }): FileRemote => {
    // Its own vocabulary's schemas gave every value.
    const own = settings as Partial<FileRemote> & Record<`saltenv_${string}`, readonly string[] | undefined>;
    const mapping = Array.isArray(settings['saltenv']) ? readMapping(settings['saltenv'], [], []) : new Map();
    return {
      url: said,
      name: own.name ?? said,
      base: own.base ?? options.gitfs_base,
      fallback: own.fallback ?? options.gitfs_fallback,
      root: own.root ?? options.gitfs_root,
      mountpoint: own.mountpoint ?? options.gitfs_mountpoint,
      ref_types: own.ref_types ?? options.gitfs_ref_types,
      disable_saltenv_mapping: own.disable_saltenv_mapping ?? options.gitfs_disable_saltenv_mapping,
      allow: own.saltenv_allowlist ?? own.saltenv_whitelist ?? options.gitfs_saltenv_allowlist,
      block: own.saltenv_blocklist ?? own.saltenv_blacklist ?? options.gitfs_saltenv_blocklist,
      saltenv: new Map([...overall, ...mapping].map(([env]) => [env, { ...overall.get(env), ...mapping.get(env) }])),
      all_saltenvs: own.all_saltenvs,
      update_interval: own.update_interval ?? options.gitfs_update_interval,
      ssl_verify: own.ssl_verify ?? options.gitfs_ssl_verify,
      privkey: own.privkey ?? options.gitfs_privkey,
      http_header_file: own.http_header_file ?? options.gitfs_http_header_file,
    };
  });
}

/** What an environment is, in one remote. */
export interface EnvironmentInGit extends Placed {
  /** Id of a commit, or of a tag that leads to one. */
  readonly id: string;
}

const MOST_CHARACTERS = 255;

/**
 * Whether a name of a branch or tag may be one of an environment: letters, digits and `._/@+-` behind a letter, digit or
 * `_`. Git itself lets in more, such as names that look like an option.
 */
export function isEnvironmentName(name: string): boolean {
  return (
    name.length <= MOST_CHARACTERS &&
    name !== ANY &&
    /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}._/@+-]*$/u.test(name) &&
    !/(^|\/)\.{1,2}(\/|$)/.test(name)
  );
}

/** The environments that a remote has of its own, sorted, `base` first. */
export function namesIn(remote: FileRemote, refs: Refs): string[] {
  const { ref_types: types, saltenv, disable_saltenv_mapping: isDisabled } = remote;
  const mapped = new Map([...saltenv].flatMap(([env, { ref }]) => (ref === undefined ? [] : [[ref, env] as const])));
  const own = (['branch', 'tag'] as const)
    .filter((type) => types.includes(type))
    .flatMap((type) => [...refs[type].keys()]);
  const base = baseOf(remote, refs);
  // A branch that is mapped is not there under its own name as well, as in Salt.
  const named = own.filter((name) => name !== base && !mapped.has(name) && !isDisabled && isEnvironmentName(name));
  const names = [BASE, ...[...new Set([...named, ...saltenv.keys()])].filter((name) => name !== BASE).sort()];
  return names.filter((name) => environmentIn(remote, refs, name) !== undefined);
}

/** What a name is in a remote; undefined where it has no such environment, or does not show it. */
export function environmentIn(remote: FileRemote, refs: Refs, name: string): EnvironmentInGit | undefined {
  if (!isShown(remote, name)) return undefined;
  const said = remote.saltenv.get(name);
  const ref = refOf(remote, refs, name);
  const id = ref === undefined ? undefined : (lookUp(remote, refs, ref) ?? lookUp(remote, refs, remote.fallback));
  return id === undefined
    ? undefined
    : { id, root: said?.root ?? remote.root, mountpoint: said?.mountpoint ?? remote.mountpoint };
}

/** Ids of all that a remote may serve: nothing else of it is fetched. */
export function idsNeeded(remote: FileRemote, refs: Refs): Set<string> {
  const { fallback, all_saltenvs: all = '' } = remote;
  const named = namesIn(remote, refs).map((name) => environmentIn(remote, refs, name)?.id);
  const ids = [...named, lookUp(remote, refs, fallback), lookUp(remote, refs, all)];
  return new Set(ids.filter((id) => id !== undefined));
}

/** Ids of commits that config names itself. */
export function commitsNamed({ base, fallback, all_saltenvs: all, saltenv }: FileRemote): string[] {
  return [base, fallback, all, ...[...saltenv.values()].map(({ ref }) => ref)].filter(isObjectId);
}

function refOf(remote: FileRemote, refs: Refs, name: string): string | undefined {
  if (remote.all_saltenvs !== undefined) return remote.all_saltenvs;
  if (name === BASE) return baseOf(remote, refs);
  const said = remote.saltenv.get(name)?.ref;
  return said ?? (remote.disable_saltenv_mapping || !isEnvironmentName(name) ? undefined : name);
}

function baseOf({ base }: FileRemote, { branch }: Refs): string {
  return base ?? (branch.has('master') || !branch.has('main') ? 'master' : 'main');
}

function lookUp({ ref_types: types }: FileRemote, refs: Refs, ref: string): string | undefined {
  for (const type of types) {
    const id = refs[type].get(ref);
    if (id !== undefined) return id;
  }
  return undefined;
}

function isShown({ allow, block }: FileRemote, name: string): boolean {
  const isIn = (list: readonly string[]): boolean => list.some((pattern) => fnmatch(pattern)(name));
  return (allow.length === 0 || isIn(allow)) && !isIn(block);
}
