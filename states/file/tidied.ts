import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, FileView } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isOnTheWay } from '../../lib/links.ts';
import * as arg from './args.ts';
import { translatePattern } from '../../lib/regex.ts';
import { parseSize } from './size.ts';

const args = v.strictObject({
  name: arg.path,
  age: v.optional(v.pipe(v.number(), v.minValue(0))),
  size: v.optional(
    v.pipe(
      v.union([v.number(), v.string()]),
      v.transform((given) => (typeof given === 'number' ? given : parseSize(given))),
      v.number('a number of bytes, such as 10 or 10MiB'),
    ),
  ),
  matches: v.optional(arg.textList),
  exclude: v.optional(arg.textList),
  full_path_match: arg.flag(false),
  rmdirs: arg.flag(false),
  rmlinks: arg.flag(true),
  followlinks: arg.flag(false),
  time_comparison: v.optional(v.picklist(['atime', 'ctime', 'mtime']), 'atime'),
  age_size_logical_operator: v.optional(v.picklist(['OR', 'AND', 'or', 'and']), 'OR'),
  age_size_only: v.optional(v.picklist(['age', 'size'])),
});

type Args = v.InferOutput<typeof args>;

type Facts = { readonly problem: string } | { readonly surplus: readonly string[] };

export default defineState<typeof args, Facts>({
  summary: 'What is old or large below a directory is removed.',
  example: `
/var/cache/app:
  file.tidied:
    - age: 30
    - matches:
      - .*\\.tmp$
`,
  args,
  reads: ['files'],
  check(given) {
    try {
      [...(given.matches ?? []), ...(given.exclude ?? [])].map(atStart);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  },
  read(given, machine) {
    const { name } = given;
    const { files } = machine;
    if (files.follow(name)?.kind !== 'directory') return { problem: `${name} does not exist or is not a directory.` };
    const isSurplus = surplusTest(given, machine.now());
    const leadsHere = isOnTheWay(files, name);
    const below = walkUp(files, name, given.followlinks, new Set());
    const surplus = below.filter(({ path, facts }) => isSurplus(path, facts) && !leadsHere(path));
    return { surplus: surplus.map(({ path }) => path) };
  },
  plan({ name }, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { surplus } = facts;
    if (surplus.length === 0) return alreadyRight(`Nothing to remove from directory ${name}`);
    return {
      changes: { removed: [...surplus] },
      comment: `${name} is set for tidy`,
      done: `Removed ${surplus.length} files or directories from directory ${name}`,
      steps: surplus.map((path) => ({ do: 'remove', path })),
    };
  },
});

function surplusTest(given: Args, now: number): (path: string, facts: FileFacts) => boolean {
  const wanted = (given.matches ?? ['.*']).map(atStart);
  const spared = (given.exclude ?? []).map(atStart);
  return (path, facts) => {
    if (facts.kind === 'directory' && !given.rmdirs) return false;
    if (facts.kind === 'symlink' && !given.rmlinks) return false;
    if (!isOldOrLarge(given, facts, now)) return false;
    const name = given.full_path_match ? path : posix.basename(path);
    return wanted.some((fits) => fits(name)) && !spared.some((fits) => fits(name));
  };
}

/**
 * Salt takes a size that is not given for 0, which everything has, so that an age alone is no condition under OR. Here only
 * what is given counts.
 */
function isOldOrLarge(given: Args, facts: FileFacts, now: number): boolean {
  const { age, size, age_size_only: only } = given;
  const days = Math.abs(dayOf(now) - dayOf(facts[`${given.time_comparison}Ms`]));
  const isOld = days >= (age ?? 0);
  const isLarge = (facts.kind === 'file' ? facts.size : 0) >= (size ?? 0);
  if (only !== undefined) return only === 'age' ? isOld : isLarge;
  if (age === undefined || size === undefined) return age === undefined ? isLarge : isOld;
  return given.age_size_logical_operator.toUpperCase() === 'AND' ? isOld && isLarge : isOld || isLarge;
}

/** Number of a day by the local calendar. */
function dayOf(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

/** Python's `match`: a pattern fits from the start, not necessarily to the end. */
function atStart(pattern: string): (text: string) => boolean {
  const { source, flags } = translatePattern(pattern);
  const sticky = new RegExp(source, `${flags}y`);
  return (text) => {
    sticky.lastIndex = 0;
    return sticky.test(text);
  };
}

/** Everything below a directory, each directory after what is in it. */
function walkUp(
  files: FileView,
  directory: string,
  follow: boolean,
  seen: Set<string>,
): { readonly path: string; readonly facts: FileFacts }[] {
  return files.list(directory).flatMap((name) => {
    const path = posix.join(directory, name);
    const facts = files.look(path);
    if (!facts) return [];
    const inside = facts.kind === 'symlink' && follow ? files.follow(path) : facts;
    if (inside?.kind !== 'directory' || seen.has(inside.identity)) return [{ path, facts }];
    // Links may lead in circles.
    if (follow) seen.add(inside.identity);
    return [...walkUp(files, path, follow, seen), { path, facts }];
  });
}
