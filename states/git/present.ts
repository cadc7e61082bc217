import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { access } from './args.ts';
import { readCheckout, type Checkout } from './checkout.ts';
import { clearGround, readGround, type Ground } from './clone.ts';
import { gitProblem, gitStep } from './git.ts';

interface Facts {
  readonly problem?: string | undefined;
  readonly checkout?: Checkout | undefined;
  readonly ground: Ground;
}

const args = v.strictObject({
  name: arg.absolutePath,
  bare: arg.flag(true),
  force: arg.flag(false),
  template: v.optional(arg.absolutePath),
  separate_git_dir: v.optional(arg.absolutePath),
  shared: v.optional(
    v.union([
      v.picklist(['false', 'true', 'umask', 'group', 'all', 'world', 'everybody']),
      v.boolean(),
      v.pipe(v.string(), v.regex(/^0[0-7]{3}$/)),
    ]),
  ),
  user: access.user,
});

export default defineState<typeof args, Facts>({
  summary: 'A repository is there, empty where it had to be made.',
  example: `
/srv/git/site.git:
  git.present:
    - shared: group
`,
  args,
  reads: ['files', 'accounts'],
  read: (given, machine) => ({
    problem: gitProblem(given, machine),
    checkout: readCheckout(machine.files, given.name),
    ground: readGround(machine.files, given.name),
  }),

  plan(given, { problem, checkout, ground }): Plan {
    const { name, bare, template, separate_git_dir: folder, shared } = given;
    if (checkout?.bare === bare) return alreadyRight(`Repository ${name} is there`);
    if (problem !== undefined) return impossible(problem);
    if (ground.isFile) return impossible(`${name} exists and is a regular file, cannot proceed`);
    const inTheWay = ground.contents.length > 0;
    if (inTheWay && !given.force)
      return impossible(
        `Target '${name}' exists, is non-empty, and is not a git repository. Set the 'force' option to True to remove this directory's contents and proceed with initializing a repository`,
      );
    const kind = bare ? 'bare ' : '';
    const words = [
      'init',
      '--quiet',
      ...(bare ? ['--bare'] : []),
      ...(template === undefined ? [] : [`--template=${template}`]),
      ...(folder === undefined ? [] : [`--separate-git-dir=${folder}`]),
      ...(shared === undefined ? [] : [`--shared=${shared}`]),
    ];
    const done = [
      `Initialized ${kind}repository in ${name}`,
      ...(template === undefined ? [] : [`Template directory set to ${template}`]),
      ...(folder === undefined ? [] : [`Gitdir set to ${folder}`]),
    ];
    const inner = bare ? name : `${name}/.git`;
    return {
      changes: { ...(inTheWay ? { 'forced init': true } : {}), new: name },
      comment: inTheWay
        ? `Target directory ${name} exists. Since force=True, the contents of ${name} would be deleted, and a ${kind}repository would be initialized in its place.`
        : `New ${kind}repository would be created`,
      done: done.join('. ') + (done.length > 1 ? '.' : ''),
      steps: [
        ...clearGround(ground, name),
        {
          ...gitStep([...words, '--', name], given),
          foretells: [
            { do: 'mkdir', path: `${inner}/objects`, parents: true },
            { do: 'mkdir', path: `${inner}/refs`, parents: true },
            { do: 'write', path: `${inner}/HEAD`, content: Buffer.from('ref: refs/heads/master\n') },
            { do: 'write', path: `${inner}/config`, content: Buffer.from(`[core]\n\tbare = ${bare}\n`) },
          ],
        },
      ],
    };
  },
});
