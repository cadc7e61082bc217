import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { access, checkAccess, refName, repository } from './args.ts';
import { readCheckout, type Checkout } from './checkout.ts';
import { foretellClone, groundProblem, readGround, type Ground } from './clone.ts';
import { gitProblem, gitStep } from './git.ts';

interface Facts {
  readonly problem?: string | undefined;
  readonly checkout?: Checkout | undefined;
  readonly ground: Ground;
}

const args = v.strictObject({
  name: repository,
  target: arg.absolutePath,
  branch: v.optional(refName),
  ...access,
});

export default defineState<typeof args, Facts>({
  summary: 'A repository is cloned, once; it is not updated.',
  example: `
https://git.example.org/app.git:
  git.cloned:
    - target: /srv/app
    - branch: main
`,
  args,
  reads: ['files', 'accounts'],
  check: (given) => checkAccess(given.name, given),
  read: (given, machine) => ({
    problem: gitProblem(given, machine),
    checkout: readCheckout(machine.files, given.target),
    ground: readGround(machine.files, given.target),
  }),

  plan(given, { problem, checkout, ground }): Plan {
    const { name, target, branch } = given;
    const at = branch === undefined ? '' : ` with branch '${branch}'`;
    if (problem !== undefined) return impossible(problem);
    if (!checkout) {
      const inTheWay = groundProblem(ground, target, false);
      if (inTheWay !== undefined) return impossible(inTheWay.replace(/ Set the 'force_clone'.*$/, ''));
      const words = ['clone', '--quiet', ...(branch === undefined ? [] : ['--branch', branch]), '--', name, target];
      return {
        changes: { new: `${name} => ${target}` },
        comment: `${name} would be cloned to ${target}${at}`,
        done: `${name} cloned to ${target}${at}`,
        steps: [{ ...gitStep(words, given), foretells: foretellClone(target, name, 'origin', false) }],
        obscures: ['files'],
      };
    }
    if (branch === undefined || checkout.branch === branch)
      return alreadyRight(
        `Repository already exists at ${target}${branch === undefined ? '' : ` and is checked out to branch '${branch}'`}`,
      );
    const words = checkout.refs[`refs/heads/${branch}`] ? [branch, '--'] : ['-b', branch, `origin/${branch}`];
    return {
      changes: { branch: { old: checkout.branch ?? null, new: branch } },
      comment: `Branch would be changed to '${branch}'`,
      done: `Branch changed to '${branch}'`,
      steps: [gitStep(['-C', target, 'checkout', '--quiet', ...words], given)],
      obscures: ['files'],
    };
  },
});
