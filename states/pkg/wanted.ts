import * as v from 'valibot';
import type { PackageStep } from '../../lib/contracts/machine.ts';
import { parseConditions } from './versions.ts';

/** One entry of `pkgs`: `vim`, or `vim: '>=9'`. */
const entry = v.union([v.string(), v.number(), v.record(v.string(), v.union([v.string(), v.number(), v.null()]))]);

/** Arguments that every pkg state takes. */
export const packageArgs = {
  name: v.string(),
  pkgs: v.optional(v.array(entry)),
};

/** Arguments of what changes packages by their sources. */
export const sourceArgs = {
  refresh: v.optional(v.boolean()),
  /** Seconds. */
  cache_valid_time: v.optional(v.pipe(v.number(), v.minValue(0))),
  fromrepo: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.:+~=/-]*$/, 'the name of a release or a repository')),
  ),
  install_recommends: v.optional(v.boolean()),
  only_upgrade: v.optional(v.boolean()),
  skip_verify: v.optional(v.boolean()),
  force_conf_new: v.optional(v.boolean()),
};

/** The same as a part of a step: only what is said. */
export function howToChange(args: {
  readonly only_upgrade?: boolean | undefined;
  readonly skip_verify?: boolean | undefined;
  readonly force_conf_new?: boolean | undefined;
}): Pick<PackageStep, 'onlyUpgrade' | 'unverified' | 'newConfig'> {
  return {
    ...(args.only_upgrade ? { onlyUpgrade: true } : {}),
    ...(args.skip_verify ? { unverified: true } : {}),
    ...(args.force_conf_new ? { newConfig: true } : {}),
  };
}

export const version = v.optional(v.union([v.string(), v.number()]));

export interface Wanted {
  readonly name: string;
  /** Conditions as they are written; undefined for any version. */
  readonly version: string | undefined;
}

interface PackageArgs {
  readonly name: string;
  readonly pkgs?: readonly v.InferOutput<typeof entry>[] | undefined;
  readonly version?: string | number | undefined;
}

/** The packages meant: those of `pkgs`, or the one of the state's name. Each once; the last word on its version counts. */
export function wantedPackages({ name, pkgs, version }: PackageArgs): Wanted[] {
  if (pkgs === undefined) return [{ name, version: version === undefined ? undefined : String(version) }];
  const versions = new Map<string, string | undefined>();
  for (const one of pkgs) {
    const pairs = typeof one === 'object' ? Object.entries(one) : [[String(one), null] as const];
    for (const [key, value] of pairs) versions.set(key, value === null ? undefined : String(value));
  }
  return [...versions].map(([key, value]) => ({ name: key, version: value }));
}

// As deb-control(5) has it, with an architecture; capitals are seen in packages of other makers.
const packageName = /^[A-Za-z0-9][A-Za-z0-9+._-]*(:[a-z0-9-]+)?$/;

/** What is wrong with names and versions; undefined for nothing. */
export function checkPackages(args: PackageArgs): string | undefined {
  if (args.pkgs !== undefined && args.version !== undefined)
    return "'version' goes with a single package; in 'pkgs' a version stands behind its package (`- vim: '>=9'`)";
  for (const { name, version: wanted } of wantedPackages(args)) {
    if (!packageName.test(name)) return `${JSON.stringify(name)} is not a package name`;
    if (wanted !== undefined && wanted !== 'latest' && !parseConditions(wanted))
      return `${JSON.stringify(wanted)} is not a version of ${name}: expected '1.2-3', '1.2*', or '>=1.2, <2'`;
  }
  return undefined;
}

/** The arguments that name the packages of both; undefined where these are wanted in different ways. */
export function together<Args extends PackageArgs>(args: Args, other: Args): Args | undefined {
  const how = (one: Args): string => JSON.stringify({ ...one, name: undefined, pkgs: undefined, version: undefined });
  if (how(args) !== how(other)) return undefined;
  const versions = new Map(wantedPackages(args).map(({ name, version: wanted }) => [name, wanted]));
  for (const { name, version: wanted } of wantedPackages(other)) {
    if (versions.has(name) && versions.get(name) !== wanted) return undefined;
    versions.set(name, wanted);
  }
  const pkgs = [...versions].map(([name, wanted]) => (wanted === undefined ? name : { [name]: wanted }));
  return { ...args, version: undefined, pkgs };
}

/** `hello`, `hello=2.10-3`, `hello>=2`: how Salt prints what is wanted. */
export function printWanted({ name, version: wanted }: Wanted): string {
  return wanted === undefined ? name : `${name}${/^[<>=!]/.test(wanted) ? '' : '='}${wanted}`;
}
