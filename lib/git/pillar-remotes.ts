import * as v from 'valibot';
import type { Finding } from '../config/option.ts';
import { describe } from '../describe.ts';
import { ANY, BASE } from '../environments.ts';
import { gitErrors } from '../errors/git.ts';
import type { Json } from '../json.ts';
import { whyNoAddress } from './address.ts';
import { isObjectId, type Placed, type Refs, type Repository } from './kept.ts';
import { commonSettings, readRemotes, saltOnly, type Vocabulary, type Written } from './settings.ts';

/* Salt's git_pillar: a branch of a repository as a pillar tree, `git` of `ext_pillar`. */

/** A remote that pillar is from. */
export interface PillarRemote extends Repository, Placed {
  /** For people: its name, or its branch and address. */
  readonly name: string;
  /** `__env__`: that of the environment which pillar is made for. */
  readonly branch: string;
  readonly base: string;
  readonly fallback: string;
  /** The environment that its top file is of; empty: `base` for the branch `base`, else as the branch is called. */
  readonly env: string;
  readonly all_saltenvs: string | undefined;
}

/** The options that say what remotes do not say themselves. */
export interface PillarRemoteOptions {
  readonly git_pillar_branch: string;
  readonly git_pillar_base: string;
  readonly git_pillar_fallback: string;
  readonly git_pillar_env: string;
  readonly git_pillar_root: string;
  readonly git_pillar_includes: boolean;
  readonly git_pillar_ssl_verify: boolean;
  readonly git_pillar_privkey: string | undefined;
  readonly git_pillar_http_header_file: string | undefined;
}

/** The part of a config that says it. */
export function pillarRemoteOptions(config: PillarRemoteOptions): PillarRemoteOptions {
  return {
    git_pillar_branch: config.git_pillar_branch,
    git_pillar_base: config.git_pillar_base,
    git_pillar_fallback: config.git_pillar_fallback,
    git_pillar_env: config.git_pillar_env,
    git_pillar_root: config.git_pillar_root,
    git_pillar_includes: config.git_pillar_includes,
    git_pillar_ssl_verify: config.git_pillar_ssl_verify,
    git_pillar_privkey: config.git_pillar_privkey,
    git_pillar_http_header_file: config.git_pillar_http_header_file,
  };
}

/** What a pillar that is made has of git. */
export interface GitForPillar {
  /** Where what was fetched is kept. */
  readonly directory: string;
  readonly options: PillarRemoteOptions;
}

const vocabulary: Vocabulary = {
  known: {
    ...commonSettings,
    env: v.string('an environment'),
    all_saltenvs: v.pipe(v.string('a branch or a tag'), v.nonEmpty('a branch or a tag')),
  },
  saltOnly,
  whyNot: (said) => whyNoAddress(splitOf(said).url),
};

/** `branch address`, or an address alone. */
function splitOf(said: string): { readonly branch: string | undefined; readonly url: string } {
  const [, branch, url] = /^(\S+)\s+(.*\S)\s*$/.exec(said) ?? [];
  return url === undefined ? { branch: undefined, url: said } : { branch, url };
}

/** What stands beside `git` in `ext_pillar`, as it is written. */
export function readPillarRemotes(
  args: unknown,
  at: readonly (string | number)[] = [],
): { readonly remotes: readonly Written[]; readonly findings: readonly Finding[] } {
  if (Array.isArray(args)) return readRemotes(args, vocabulary, at);
  const error: Finding['error'] = (more) =>
    gitErrors.notSettings({ what: 'git in ext_pillar', got: describe(args) }, more);
  return { remotes: [], findings: [{ path: at, ofKey: false, isHarmless: false, error }] };
}

/** What is wrong with the `git` entries of `ext_pillar`. */
export function findInPillarSources(sources: readonly { readonly name: string; readonly args: Json }[]): Finding[] {
  return sources.flatMap(({ name, args }, index) =>
    name === 'git' ? [...readPillarRemotes(args, [index, name]).findings] : [],
  );
}

/** The remotes with what the options say for them. */
export function pillarRemotes(written: readonly Written[], options: PillarRemoteOptions): readonly PillarRemote[] {
  return written.map(({ said, settings }): PillarRemote => {
    // Its own vocabulary's schemas gave every value.
    const own = settings as Partial<PillarRemote>;
    const { branch = options.git_pillar_branch, url } = splitOf(said);
    return {
      url,
      branch,
      name: own.name ?? said,
      base: own.base ?? options.git_pillar_base,
      fallback: own.fallback ?? options.git_pillar_fallback,
      env: own.env ?? options.git_pillar_env,
      root: own.root ?? options.git_pillar_root,
      mountpoint: own.mountpoint ?? '',
      all_saltenvs: own.all_saltenvs,
      ssl_verify: own.ssl_verify ?? options.git_pillar_ssl_verify,
      privkey: own.privkey ?? options.git_pillar_privkey,
      http_header_file: own.http_header_file ?? options.git_pillar_http_header_file,
    };
  });
}

/** The branch or tag that a remote's pillar is from, for an environment. */
export function refFor({ branch, base, all_saltenvs: all }: PillarRemote, environment: string): string {
  if (branch !== ANY) return branch;
  return all ?? (environment === BASE ? base : environment);
}

/** The environment that a remote's top file is of. */
export function environmentOf(remote: PillarRemote, environment: string): string {
  const { branch, base, env, all_saltenvs: all } = remote;
  if (branch === ANY && all !== undefined) return environment;
  if (env !== '') return env === ANY ? environment : env;
  const ref = refFor(remote, environment);
  return ref === base ? BASE : ref;
}

/** The id of what a remote's pillar is from; undefined where there is no such branch or tag. */
export function idFor(remote: PillarRemote, refs: Refs, environment: string): string | undefined {
  const of = (ref: string): string | undefined => refs.branch.get(ref) ?? refs.tag.get(ref) ?? refs.sha.get(ref);
  return of(refFor(remote, environment)) ?? of(remote.fallback);
}

/** Whether a remote may need a branch or tag; for `__env__` it may need each. */
export function mayNeed({ branch, fallback, all_saltenvs: all }: PillarRemote, ref: string): boolean {
  return branch === ANY ? all === undefined || [all, fallback].includes(ref) : [branch, fallback].includes(ref);
}

/** Ids of commits that config names itself. */
export function pillarCommits({ branch, fallback, all_saltenvs: all }: PillarRemote): string[] {
  return [branch, fallback, all].filter(isObjectId);
}
