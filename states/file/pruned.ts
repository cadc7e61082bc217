import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileView } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';

const args = v.strictObject({
  name: arg.path,
  recurse: arg.flag(false),
  ignore_errors: arg.flag(false),
  older_than: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** Directories that can go, each after those in it, and those that can't. */
interface Pruning {
  readonly empty: readonly string[];
  readonly held: readonly string[];
}

export default defineState({
  summary: 'An empty directory is removed, with the empty directories in it if so wished.',
  example: `
/srv/old:
  file.pruned:
    - recurse: True
`,
  args,
  reads: ['files'],
  read(given, machine): Pruning | undefined {
    const { name, older_than: days } = given;
    const { files } = machine;
    if (files.follow(name)?.kind !== 'directory') return undefined;
    const before = days === undefined || days === 0 ? Number.POSITIVE_INFINITY : machine.now() - days * 86_400_000;
    return prune(files, name, given.recurse || given.ignore_errors, before);
  },
  plan({ name, recurse, ignore_errors }, pruning) {
    if (!pruning) return alreadyRight(`Directory ${name} is not present`);
    const { empty, held } = pruning;
    if (held.length > 0 && !ignore_errors) {
      return impossible(`Failed to remove directory ${name}, not empty or not old enough: ${held.join(', ')}`);
    }
    if (empty.length === 0) return alreadyRight(`No empty directories under ${name}`);
    const all = recurse || ignore_errors;
    return {
      changes: { deleted: all ? [...empty].sort() : name },
      comment: `Directory ${name} is set for removal`,
      done: all ? `Recursively removed empty directories under ${name}` : `Removed directory ${name}`,
      steps: empty.map((path) => ({ do: 'remove', path })),
    };
  },
});

function prune(files: FileView, directory: string, recurse: boolean, before: number): Pruning {
  const names = files.list(directory);
  const inside = names
    .map((name) => posix.join(directory, name))
    .filter((path) => recurse && files.look(path)?.kind === 'directory')
    .map((path) => prune(files, path, recurse, before));
  const empty = inside.flatMap((one) => one.empty);
  const held = inside.flatMap((one) => one.held);
  // A link to a directory is no directory.
  const isItself = files.look(directory)?.kind === 'directory';
  const isEmptied = isItself && names.length === inside.length && held.length === 0;
  const isOld = (files.follow(directory)?.mtimeMs ?? 0) < before;
  return isEmptied && isOld ? { empty: [...empty, directory], held } : { empty, held: [...held, directory] };
}
