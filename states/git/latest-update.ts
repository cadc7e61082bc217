import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Changes, type Plan } from '../../lib/contracts/state.ts';
import { remoteUrl, upstreamOf, type Checkout } from './checkout.ts';
import { gitStep, namesBelow, sentences, short } from './git.ts';
import { baseOf, isAt, type LatestFacts, type Wanted } from './latest-facts.ts';
import type { LatestArgs } from './latest.ts';

/** What is done, and how it is told before and after. */
class Work {
  readonly steps: Step[] = [];
  readonly changes: Changes = {};
  readonly planned: string[] = [];
  readonly done: string[] = [];

  add(steps: readonly Step[], planned: string, done: string): void {
    this.steps.push(...steps);
    this.planned.push(planned);
    this.done.push(done);
  }
}

/** There is a repository: it is brought to where it is wanted, and nothing is lost unless that is allowed. */
export function planUpdate(given: LatestArgs, facts: LatestFacts, checkout: Checkout): Plan {
  const { target, branch, force_reset: force } = given;
  const { wanted, changed } = facts;
  if (!wanted)
    return checkout.head === undefined
      ? alreadyRight(`Repository ${target} is up-to-date`)
      : impossible('Remote repository is empty, cannot update from a non-empty to an empty repository');
  const local = checkout.branch;
  const turns = branch !== undefined && branch !== local;
  const right = isAt(checkout.head, wanted);
  const upToDate = `Repository ${target} is up-to-date`;
  if (changed && right && force !== true && !turns)
    return alreadyRight(
      `${upToDate}, but with uncommitted changes. Set 'force_reset' to True to purge uncommitted changes.`,
    );
  if (turns && changed && !given.force_checkout)
    return impossible(
      `Local branch '${local ?? 'HEAD'}' has uncommitted changes. Set 'force_checkout' to True to discard them and proceed.`,
    );
  const base = baseOf(given, checkout, wanted);
  const moves = given.update_head && !isAt(base, wanted);
  const forced = (changed && !turns && (right || moves)) || (moves && facts.fastForward === false);
  if (forced && force === false) return impossible(notFastForward(given, facts, checkout, base, wanted));

  const work = new Work();
  const inside = (...words: string[]): Step => gitStep(['-C', target, ...words], given);
  setRemote(given, checkout, work, inside);
  fetch(given, facts, checkout, work, inside, wanted);
  if (turns) turn(given, checkout, work, inside, wanted, branch);
  if (forced) {
    work.changes['forced update'] = true;
    work.add(
      [inside('reset', '--quiet', '--hard', wanted.sha)],
      changed
        ? `Uncommitted changes would be discarded. Repository would be hard-reset to ${wanted.where}`
        : `Repository would be hard-reset from ${short(base)} to ${short(wanted.sha)}`,
      `${changed ? 'Uncommitted changes were discarded. ' : ''}Repository was hard-reset to ${wanted.where}`,
    );
  } else if (moves) {
    const words =
      force !== false && facts.fastForward === undefined
        ? ['reset', '--quiet', '--hard']
        : ['merge', '--quiet', '--ff-only'];
    const known = facts.fastForward === true;
    work.add(
      [inside(...words, wanted.sha)],
      `Repository would be ${known ? 'fast-forwarded' : 'updated'} from ${short(base)} to ${short(wanted.sha)}`,
      `Repository was ${known ? 'fast-forwarded' : 'updated'} to ${wanted.where}`,
    );
  } else if (!right && !turns && !given.update_head) {
    work.planned.push(
      `Local HEAD (${short(checkout.head ?? '')}) does not match ${wanted.where} but update_head=False, HEAD would not be updated locally`,
    );
    work.done.push(
      `${wanted.where} is already present and local HEAD (${short(checkout.head ?? '')}) does not match, but update_head=False. HEAD has not been updated locally.`,
    );
  }
  follow(checkout, work, inside, wanted, branch ?? local, turns);
  const head = moves || forced ? wanted.sha : turns ? base : checkout.head;
  if (head !== undefined && !checkout.head?.startsWith(head))
    work.changes['revision'] = { old: checkout.head ?? null, new: head };
  if (given.submodules && (facts.staleModules || moves || turns || forced)) {
    if (facts.staleModules) work.changes['submodules'] = true;
    work.add(
      [inside('submodule', '--quiet', 'update', '--init', '--recursive')],
      'Submodules would be updated',
      'Submodules were updated',
    );
  }
  if (work.steps.length === 0) return alreadyRight([upToDate, ...work.done].join('. '));
  return {
    changes: work.changes,
    comment: sentences(work.planned),
    done: sentences(work.done),
    steps: work.steps,
    obscures: ['files'],
  };
}

type Inside = (...words: string[]) => Step;

function setRemote({ name, remote }: LatestArgs, checkout: Checkout, work: Work, inside: Inside): void {
  const url = remoteUrl(checkout, remote);
  if (url === name) return;
  work.changes[`remotes/${remote}`] = { old: url ?? null, new: name };
  if (url === undefined)
    work.add(
      [inside('remote', 'add', '--', remote, name)],
      `Remote '${remote}' would be set to ${name}`,
      `Remote '${remote}' set to ${name}`,
    );
  else
    work.add(
      [inside('remote', 'set-url', '--', remote, name)],
      `Remote '${remote}' would be changed from ${url} to ${name}`,
      `Remote '${remote}' changed from ${url} to ${name}`,
    );
}

/** Fetches what is not there yet, and with `sync_tags` drops tags that are no longer elsewhere. */
function fetch(
  given: LatestArgs,
  facts: LatestFacts,
  checkout: Checkout,
  work: Work,
  inside: Inside,
  wanted: Wanted,
): void {
  const { remote, refspec_branch: branches, refspec_tag: tags } = given;
  const here = namesBelow(checkout.refs, 'refs/tags/');
  const there = namesBelow(facts.remote.refs, 'refs/tags/');
  const all = given.fetch_tags && tags === '*' && given.depth === undefined;
  const fresh = all ? Object.keys(there).filter((tag) => here[tag] !== there[tag]) : [];
  const gone = all && given.sync_tags ? Object.keys(here).filter((tag) => !(tag in there)) : [];
  if (gone.length > 0) {
    work.changes['deleted_tags'] = gone;
    const which = (verb: string): string =>
      `The following tags ${verb} removed from the local checkout: ${gone.join(', ')}`;
    work.add([inside('tag', '--delete', '--', ...gone)], which('would be'), which('were'));
  }
  const tracking = wanted.kind === 'branch' ? checkout.refs[`refs/remotes/${remote}/${given.rev}`] : wanted.sha;
  const stale = tracking !== wanted.sha || facts.fastForward === undefined;
  if (!stale && fresh.length === 0) return;
  if (fresh.length > 0) work.changes['new_tags'] = fresh;
  if (stale && !given.update_head) work.changes['fetched'] = wanted.sha;
  const refspecs = given.fetch_tags
    ? [`refs/heads/${branches}:refs/remotes/${remote}/${branches}`, `+refs/tags/${tags}:refs/tags/${tags}`]
    : [];
  const options = [
    ...(given.force_fetch ? ['--force'] : []),
    ...(given.depth === undefined ? [] : ['--depth', String(given.depth)]),
    ...(given.fetch_tags ? [] : ['--no-tags']),
  ];
  work.add(
    [inside('fetch', '--quiet', ...options, '--', remote, ...refspecs)],
    `Remote '${remote}' would be fetched`,
    `${given.name} was fetched, resulting in updated refs`,
  );
}

function turn(given: LatestArgs, checkout: Checkout, work: Work, inside: Inside, wanted: Wanted, branch: string): void {
  const force = given.force_checkout ? ['--force'] : [];
  work.changes['branch'] = { old: checkout.branch ?? null, new: branch };
  if (checkout.refs[`refs/heads/${branch}`] === undefined)
    work.add(
      [inside('checkout', '--quiet', ...force, '-b', branch, wanted.upstream ?? wanted.sha)],
      `New branch '${branch}' would be checked out, with ${wanted.where} as a starting point`,
      `New branch '${branch}' was checked out, with ${wanted.where} as a starting point`,
    );
  else
    work.add(
      [inside('checkout', '--quiet', ...force, branch, '--')],
      `Branch '${branch}' would be checked out`,
      `'${branch}' was checked out`,
    );
}

/** The branch follows what is wanted; nothing where that is a tag or a commit. */
function follow(
  checkout: Checkout,
  work: Work,
  inside: Inside,
  { upstream }: Wanted,
  branch: string | undefined,
  turns: boolean,
): void {
  if (branch === undefined || upstream === undefined) return;
  const isNew = turns && checkout.refs[`refs/heads/${branch}`] === undefined;
  // A branch that was just made from another one follows it.
  const now = isNew ? (upstream ?? undefined) : upstreamOf(checkout, branch);
  if (now === (upstream ?? undefined)) return;
  work.changes['upstream'] = { old: now ?? null, new: upstream };
  if (upstream === null)
    work.add([inside('branch', '--unset-upstream')], 'Tracking branch would be unset', 'Tracking branch was unset');
  else
    work.add(
      [inside('branch', '--quiet', `--set-upstream-to=${upstream}`)],
      `Tracking branch would be ${now === undefined ? 'set' : 'updated'} to ${upstream}`,
      `Tracking branch was ${now === undefined ? 'set' : 'updated'} to ${upstream}`,
    );
}

/** Salt's words, with what may help. */
function notFastForward(
  { rev, branch }: LatestArgs,
  { changed, remote }: LatestFacts,
  checkout: Checkout,
  base: string,
  { sha }: Wanted,
): string {
  const local = checkout.branch ?? 'HEAD';
  const differs = rev === 'HEAD' ? remote.defaultBranch !== undefined && local !== remote.defaultBranch : local !== rev;
  const hint =
    !differs || branch !== undefined
      ? ''
      : ` The desired rev (${rev}) differs from the name of the local branch (${local}), if the desired rev is a branch name then a forced update could possibly be avoided by setting the 'branch' argument to '${rev}' instead.`;
  return (
    `Repository would be updated ${changed ? `from ${short(base)} ` : ''}to ${short(sha)}, but ` +
    `${changed ? 'there are uncommitted changes' : 'this is not a fast-forward merge'}. ` +
    `Set 'force_reset' to True${changed ? " (or 'remote-changes')" : ''} to force this update` +
    `${changed ? ' and discard these changes' : ''}.${hint}`
  );
}
