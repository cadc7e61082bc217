import type { Reading } from '../../lib/contracts/machine.ts';
import { readCheckout, type Checkout } from './checkout.ts';
import { readGround, type Ground } from './clone.ts';
import { askRemote, callGit, gitProblem, short, type RemoteRefs } from './git.ts';
import type { LatestArgs } from './latest.ts';

/** What is wanted of the repository elsewhere. */
export interface Wanted {
  readonly kind: 'branch' | 'tag' | 'commit';
  readonly sha: string;
  /** What the local branch is to follow; null: nothing, undefined: as it is. */
  readonly upstream: string | null | undefined;
  /** For a person: `origin/main (1234567)`. */
  readonly where: string;
}

export interface LatestFacts {
  readonly problem?: string | undefined;
  readonly remote: RemoteRefs;
  /** Undefined where the repository elsewhere is empty. */
  readonly wanted?: Wanted | undefined;
  readonly ground: Ground;
  readonly checkout?: Checkout | undefined;
  /** Files that git knows differ from the commit. */
  readonly changed: boolean;
  /** Whether going there loses nothing; undefined before the commit was fetched. */
  readonly fastForward: boolean | undefined;
  /** Some submodule is not at its commit. */
  readonly staleModules: boolean;
}

const nothing: LatestFacts = {
  remote: { refs: {}, head: undefined, defaultBranch: undefined },
  ground: { isFile: false, contents: [] },
  changed: false,
  fastForward: undefined,
  staleModules: false,
};

export async function readLatest(given: LatestArgs, machine: Reading): Promise<LatestFacts> {
  const problem = gitProblem(given, machine);
  if (problem !== undefined) return { ...nothing, problem };
  const remote = await askRemote(given.name, given, machine);
  if (typeof remote === 'string') return { ...nothing, problem: remote };
  const wanted = given.bare || given.mirror ? undefined : resolve(given, remote);
  if (typeof wanted === 'string') return { ...nothing, problem: wanted };
  const checkout = readCheckout(machine.files, given.target);
  const facts = { ...nothing, remote, wanted, checkout, ground: readGround(machine.files, given.target) };
  if (!checkout || checkout.head === undefined || !wanted) return facts;

  const inside = async (...words: string[]): ReturnType<typeof machine.processes.run> =>
    machine.processes.run(callGit(['-C', given.target, ...words], given));
  const status = await inside('status', '--porcelain', '--untracked-files=no');
  if (status.code !== 0) return { ...facts, problem: status.stderr.trim() };
  const base = baseOf(given, checkout, wanted);
  const ancestry = isAt(base, wanted) ? undefined : await inside('merge-base', '--is-ancestor', base, wanted.sha);
  const modules = given.submodules ? await inside('submodule', 'status', '--recursive') : undefined;
  return {
    ...facts,
    changed: status.stdout.trim() !== '',
    fastForward: ancestry === undefined ? true : ancestry.code > 1 ? undefined : ancestry.code === 0,
    staleModules: modules !== undefined && /^[-+U]/m.test(modules.stdout),
  };
}

/** The commit that the branch which is wanted is at now. */
export function baseOf({ branch }: LatestArgs, checkout: Checkout, wanted: Wanted): string {
  if (branch === undefined || branch === checkout.branch) return checkout.head ?? wanted.sha;
  return checkout.refs[`refs/heads/${branch}`] ?? wanted.sha;
}

/** A commit may be named by its first digits. */
export const isAt = (sha: string | undefined, { sha: wanted }: Wanted): boolean => sha?.startsWith(wanted) === true;

function resolve(
  { rev, remote: origin, depth, branch }: LatestArgs,
  { refs, head }: RemoteRefs,
): Wanted | string | undefined {
  const found = (): Wanted | undefined => {
    const sha = refs[`refs/heads/${rev}`];
    if (rev === 'HEAD')
      return head === undefined
        ? undefined
        : { kind: 'commit', sha: head, upstream: undefined, where: `remote HEAD (${short(head)})` };
    if (sha !== undefined)
      return { kind: 'branch', sha, upstream: `${origin}/${rev}`, where: `${origin}/${rev} (${short(sha)})` };
    const tag = refs[`refs/tags/${rev}^{}`] ?? refs[`refs/tags/${rev}`];
    if (tag !== undefined) return { kind: 'tag', sha: tag, upstream: null, where: `${rev} (${short(tag)})` };
    const commit = rev.toLowerCase();
    return /^[0-9a-f]{4,64}$/.test(commit)
      ? { kind: 'commit', sha: commit, upstream: null, where: short(commit) }
      : undefined;
  };
  const wanted = found();
  if (!wanted && rev !== 'HEAD') return `No revision matching '${rev}' exists in the remote repository`;
  if (depth !== undefined && wanted?.kind !== 'branch' && wanted?.kind !== 'tag')
    return "When 'depth' is used, 'rev' must be set to the name of a branch or tag on the remote repository";
  if (wanted && head === undefined && branch === undefined)
    return "Remote HEAD refers to a ref that does not exist: set the 'branch' argument to the name of a local branch";
  return wanted;
}
