import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Changes, type Plan } from '../../lib/contracts/state.ts';
import { access, checkAccess, refName, repository } from './args.ts';
import { readCheckout, remoteUrl, type Checkout } from './checkout.ts';
import { clearGround, foretellClone, groundProblem, readGround, type Ground } from './clone.ts';
import { askRemote, callGit, gitProblem, gitStep, sentences } from './git.ts';

interface Facts {
  readonly problem?: string | undefined;
  readonly checkout?: Checkout | undefined;
  readonly ground: Ground;
  /** The commit that is wanted, in full or by its first digits. */
  readonly sha: string;
  /** It is in the repository here already. */
  readonly isHere: boolean;
  readonly changed: boolean;
}

const args = v.strictObject({
  name: repository,
  rev: refName,
  target: arg.absolutePath,
  remote: v.optional(refName, 'origin'),
  force_clone: arg.flag(false),
  force_checkout: arg.flag(false),
  fetch_remote: arg.flag(true),
  hard_reset: arg.flag(false),
  submodules: arg.flag(false),
  ...access,
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'A repository is cloned, and at a commit, a tag or where a branch is, on no branch of its own.',
  example: `
https://git.example.org/app.git:
  git.detached:
    - rev: v1.2
    - target: /srv/app
`,
  args,
  reads: ['files', 'accounts'],
  check: (given) => checkAccess(given.name, given),

  async read(given, machine): Promise<Facts> {
    const problem = gitProblem(given, machine);
    const checkout = readCheckout(machine.files, given.target);
    const facts = { checkout, ground: readGround(machine.files, given.target), sha: '', isHere: false, changed: false };
    if (problem !== undefined) return { ...facts, problem };
    const sha = await resolve(given, checkout, () => askRemote(given.name, given, machine));
    if (sha.problem !== undefined) return { ...facts, problem: sha.problem };
    if (!checkout) return { ...facts, sha: sha.sha };
    const inside = (...words: string[]) => machine.processes.run(callGit(['-C', given.target, ...words], given));
    const isAt = checkout.head?.startsWith(sha.sha) === true;
    const isHere = isAt || (await inside('cat-file', '-e', `${sha.sha}^{commit}`)).code === 0;
    const status = given.hard_reset ? await inside('status', '--porcelain', '--untracked-files=no') : undefined;
    return { ...facts, sha: sha.sha, isHere, changed: status !== undefined && status.stdout.trim() !== '' };
  },

  plan(given, { problem, checkout, ground, sha, isHere, changed }): Plan {
    const { name, target, remote } = given;
    if (problem !== undefined) return impossible(problem);
    const inside = (...words: string[]): Step => gitStep(['-C', target, ...words], given);
    const steps: Step[] = [];
    const changes: Changes = {};
    const [planned, done]: [string[], string[]] = [[], []];
    if (!checkout) {
      const inTheWay = groundProblem(ground, target, given.force_clone);
      if (inTheWay !== undefined) return impossible(inTheWay);
      const origin = remote === 'origin' ? [] : ['--origin', remote];
      const clone = gitStep(['clone', '--quiet', '--no-checkout', ...origin, '--', name, target], given);
      steps.push(...clearGround(ground, target), { ...clone, foretells: foretellClone(target, name, remote, false) });
      if (ground.contents.length > 0) changes['forced clone'] = true;
      changes['new'] = `${name} => ${target}`;
      planned.push(`Repository ${name} would be cloned to ${target}`);
      done.push(`${name} cloned to ${target}`);
    } else {
      const url = remoteUrl(checkout, remote);
      if (url !== name) {
        steps.push(inside('remote', ...(url === undefined ? ['add'] : ['set-url']), '--', remote, name));
        changes[`remotes/${remote}`] = { old: url ?? null, new: name };
        planned.push(`Remote ${remote} would be set to ${name}`);
        done.push(`Remote ${remote} updated from '${url ?? ''}' to '${name}'`);
      }
      if (!isHere) {
        if (!given.fetch_remote) return impossible(`Revision '${given.rev}' does not exist`);
        const refspecs = [`+refs/heads/*:refs/remotes/${remote}/*`, '+refs/tags/*:refs/tags/*'];
        steps.push(inside('fetch', '--quiet', '--', remote, ...refspecs));
        planned.push(`Repository remote ${remote} would be fetched`);
        done.push(`Remote ${remote} was fetched, resulting in updated refs`);
      }
      if (changed) {
        steps.push(inside('reset', '--quiet', '--hard', 'HEAD'));
        changes['reset'] = true;
        planned.push(`Hard reset to HEAD would be performed on ${target}`);
        done.push('Repository was reset to HEAD before checking out revision');
      }
    }
    const isAt = checkout?.branch === undefined && checkout?.head?.startsWith(sha) === true;
    if (!isAt) {
      const force = given.force_checkout ? ['--force'] : [];
      steps.push(inside('checkout', '--quiet', ...force, '--detach', sha));
      changes['HEAD'] = { old: checkout?.head ?? null, new: sha };
      planned.push(`Commit ID ${sha} would be checked out at ${target}`);
      done.push(`Commit ID ${sha} was checked out at ${target}`);
    }
    if (steps.length === 0) return alreadyRight('Already checked out at correct revision');
    if (given.submodules) {
      steps.push(inside('submodule', '--quiet', 'update', '--init', '--recursive'));
      done.push('Submodules were updated');
    }
    return { changes, comment: sentences(planned), done: sentences(done), steps, obscures: ['files'] };
  },
});

/** The commit that a revision means: its digits, what the repository elsewhere has, or without fetching what is here. */
async function resolve(
  { rev, remote, fetch_remote: mayFetch }: Args,
  checkout: Checkout | undefined,
  ask: () => ReturnType<typeof askRemote>,
): Promise<{ readonly sha: string; readonly problem?: string }> {
  if (/^[0-9a-f]{7,64}$/i.test(rev)) return { sha: rev.toLowerCase() };
  if (checkout && !mayFetch) {
    const sha = checkout.refs[`refs/remotes/${remote}/${rev}`] ?? checkout.refs[`refs/tags/${rev}`];
    return sha === undefined ? { sha: '', problem: `Revision '${rev}' does not exist` } : { sha };
  }
  const found = await ask();
  if (typeof found === 'string') return { sha: '', problem: found };
  const { refs } = found;
  const sha = refs[`refs/heads/${rev}`] ?? refs[`refs/tags/${rev}^{}`] ?? refs[`refs/tags/${rev}`];
  return sha === undefined ? { sha: '', problem: `Revision '${rev}' does not exist` } : { sha };
}
