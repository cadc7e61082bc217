import type { Step } from '../../lib/contracts/machine.ts';
import { impossible, type Plan } from '../../lib/contracts/state.ts';
import { clearGround, foretellClone, groundProblem } from './clone.ts';
import { gitStep, sentences } from './git.ts';
import type { LatestFacts } from './latest-facts.ts';
import type { LatestArgs } from './latest.ts';

/** There is no repository yet. */
export function planClone(given: LatestArgs, { remote, wanted, ground }: LatestFacts): Plan {
  const { name, target, branch, depth, rev } = given;
  const problem = groundProblem(ground, target, given.force_clone);
  if (problem !== undefined) return impossible(problem);
  const forced = ground.contents.length > 0;
  const bare = given.bare || given.mirror;
  const inside = (...words: string[]): Step => gitStep(['-C', target, ...words], given);
  const done = [`${name} cloned to ${target}${given.mirror ? ' as mirror' : given.bare ? ' as bare repository' : ''}`];
  const clone = gitStep(
    [
      'clone',
      '--quiet',
      ...(given.mirror ? ['--mirror'] : given.bare ? ['--bare'] : []),
      ...(given.remote === 'origin' ? [] : ['--origin', given.remote]),
      ...(depth === undefined ? [] : ['--depth', String(depth), '--branch', rev]),
      ...(given.fetch_tags ? [] : ['--no-tags']),
      '--',
      name,
      target,
    ],
    given,
  );
  const steps: Step[] = [
    ...clearGround(ground, target),
    { ...clone, foretells: foretellClone(target, name, given.remote, bare) },
  ];
  if (wanted) {
    const start = wanted.upstream ?? wanted.sha;
    // With a depth, git has already checked out what is wanted.
    const local = branch ?? (depth !== undefined ? rev : remote.defaultBranch);
    if (branch !== undefined) {
      steps.push(inside('checkout', '--quiet', '-B', branch, start));
      done.push(`Branch '${branch}' checked out, with ${wanted.where} as a starting point`);
    } else if (depth === undefined && wanted.sha !== remote.head) {
      steps.push(inside('reset', '--quiet', '--hard', wanted.sha));
      done.push(`Repository was reset to ${wanted.where}`);
    }
    const follows = branch !== undefined ? wanted.upstream : `${given.remote}/${local ?? ''}`;
    if (wanted.upstream && follows !== wanted.upstream) {
      steps.push(inside('branch', '--quiet', `--set-upstream-to=${wanted.upstream}`));
      done.push(`Tracking branch was updated to ${wanted.upstream}`);
    } else if (wanted.upstream === null && branch === undefined && depth === undefined) {
      steps.push(inside('branch', '--unset-upstream'));
      done.push('Tracking branch was unset');
    }
    if (given.submodules) steps.push(inside('submodule', '--quiet', 'update', '--init', '--recursive'));
  }
  const sha = wanted?.sha ?? remote.head;
  return {
    changes: {
      ...(forced ? { 'forced clone': true } : {}),
      new: `${name} => ${target}`,
      ...(sha === undefined ? {} : { revision: { old: null, new: sha } }),
    },
    comment: forced
      ? `Target directory ${target} exists. Since force_clone=True, the contents of ${target} would be deleted, and ${name} would be cloned into this directory.`
      : `Repository ${name} would be cloned to ${target}`,
    done: sentences(done),
    steps,
    // What is in the checkout, nobody knows before.
    obscures: ['files'],
  };
}
