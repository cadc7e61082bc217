import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecFunction } from '../../lib/contracts/execution.ts';
import type { FileFacts } from '../../lib/contracts/machine.ts';
import { mode } from '../../lib/argument-kinds.ts';
import { path } from './arguments.ts';

const args = v.strictObject({ path });

/** A function of one path that gives its answer at once. */
function about(summary: string, answer: (path: string, context: ExecContext) => unknown): ExecFunction {
  return defineFunction({ summary, args, sync: true, run: (given, context) => answer(given.path, context) });
}

const isKind = (kind: FileFacts['kind']) => (place: string, context: ExecContext) =>
  context.machine.files.follow(place)?.kind === kind;

const kindNames: Readonly<Record<FileFacts['kind'], string>> = {
  file: 'file',
  directory: 'dir',
  symlink: 'link',
  other: 'other',
};

/** What is on the machine's disk. */
export default defineModule({
  file_exists: about('Whether there is a file (or a link to one).', isKind('file')),
  directory_exists: about('Whether there is a directory (or a link to one).', isKind('directory')),
  path_exists: about(
    'Whether there is anything at the path.',
    (place, { machine }) => machine.files.follow(place) !== undefined,
  ),
  is_link: about(
    'Whether the path is a symbolic link.',
    (place, { machine }) => machine.files.look(place)?.kind === 'symlink',
  ),
  readlink: about('What a symbolic link leads to, as written in it; empty for anything else.', (place, { machine }) => {
    return machine.files.look(place)?.target ?? '';
  }),
  read: about('The text of a file.', (place, { machine }) => machine.files.read(place).toString('utf8')),
  readdir: about('The names in a directory.', (place, { machine }) => ['.', '..', ...machine.files.list(place)]),
  stats: about('Owner, mode, size and times of a file; empty when there is none.', stats),
  lstat: about('As stats, but of a link itself.', (place, context) => {
    const facts = context.machine.files.look(place);
    return facts ? describe(place, facts, context) : {};
  }),
  get_mode: about('The permission bits, in octal digits.', (place, { machine }) => {
    const facts = machine.files.follow(place);
    return facts ? octal(facts.mode) : '';
  }),
  get_user: about('The name of the owner.', (place, { machine }) => {
    const facts = machine.files.follow(place);
    return facts ? machine.accounts.userName(facts.uid) : '';
  }),
  get_group: about('The name of the group.', (place, { machine }) => {
    const facts = machine.files.follow(place);
    return facts ? machine.accounts.groupName(facts.gid) : '';
  }),
  basename: about('The last part of a path.', (place) => posix.basename(place)),
  dirname: about('A path without its last part.', (place) => posix.dirname(place)),
  get_hash: defineFunction({
    summary: 'The hash of a file, in hexadecimal digits.',
    args: v.strictObject({
      path,
      form: v.optional(v.picklist(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']), 'sha256'),
    }),
    sync: true,
    run: (given, { machine }) => createHash(given.form).update(machine.files.read(given.path)).digest('hex'),
  }),
  touch: defineFunction({
    summary: 'Makes an empty file, or gives one that is there the present as its times.',
    args: v.strictObject({ name: path }),
    async run({ name }, { machine }) {
      if (machine.files.follow(name) === undefined)
        await machine.perform({ do: 'write', path: name, content: Buffer.alloc(0) });
      else await machine.perform({ do: 'touch', path: name });
      return true;
    },
  }),
  mkdir: making('Makes a directory, with those above it that are not there.'),
  makedirs_perms: making('The same, with an owner and a mode.'),
  remove: defineFunction({
    summary: 'Removes a file, a link, or a directory with all that is in it. False when nothing is there.',
    args,
    async run({ path: place }, { machine }) {
      if (machine.files.look(place) === undefined) return false;
      if (place.split('/').every((part) => part === '' || part === '.')) throw new RangeError('that is everything');
      await machine.perform({ do: 'remove', path: place });
      return true;
    },
  }),
  write: defineFunction({
    summary: 'Writes lines into a file, in place of what it holds.',
    args: v.strictObject({ path, lines: v.array(v.string()) }),
    rest: 'lines',
    run: ({ path: place, lines }, context) => writeLines(place, '', lines, context),
  }),
  append: defineFunction({
    summary: 'Puts lines at the end of a file.',
    args: v.strictObject({ path, lines: v.array(v.string()) }),
    rest: 'lines',
    run({ path: place, lines }, context) {
      const { files } = context.machine;
      const before = files.follow(place) === undefined ? '' : files.read(place).toString('utf8');
      return writeLines(place, before === '' || before.endsWith('\n') ? before : `${before}\n`, lines, context);
    },
  }),
  copy: defineFunction({
    summary: 'Copies a file, with its mode and owner.',
    args: v.strictObject({ src: path, dst: path }),
    async run({ src, dst }, { machine }) {
      const { mode, uid, gid } = machine.files.follow(src) ?? {};
      await machine.perform({ do: 'write', path: dst, content: machine.files.read(src), mode, uid, gid });
      return true;
    },
  }),
  rename: defineFunction({
    summary: 'Gives a file, a link or a directory another path.',
    args: v.strictObject({ src: path, dst: path }),
    async run({ src, dst }, { machine }) {
      await machine.perform({ do: 'rename', path: dst, from: src });
      return true;
    },
  }),
  symlink: defineFunction({
    summary: 'Makes a symbolic link at `path` that leads to `src`; in place of what is there only with `force`.',
    args: v.strictObject({ src: v.string(), path, force: v.optional(v.boolean(), false) }),
    async run({ src, path: place, force }, { machine }) {
      const there = machine.files.look(place);
      if (there?.target === src) return true;
      if (there && !force)
        throw new RangeError(
          there.kind === 'symlink' ? `Found existing symlink: ${place}` : `Existing path is not a symlink: ${place}`,
        );
      await machine.perform({ do: 'symlink', path: place, target: src });
      return true;
    },
  }),
  set_mode: defineFunction({
    summary: 'Sets the permission bits, and gives them.',
    args: v.strictObject({ path, mode }),
    async run({ path: place, mode: bits }, { machine }) {
      await machine.perform({ do: 'own', path: place, mode: bits });
      return octal(bits);
    },
  }),
  chown: defineFunction({
    summary: 'Gives a file to a user and a group.',
    args: v.strictObject({ path, user: v.string(), group: v.string() }),
    async run({ path: place, user, group }, { machine }) {
      const [uid, gid] = [machine.accounts.uid(user), machine.accounts.gid(group)];
      if (uid === undefined) throw new RangeError(`there is no user '${user}'`);
      if (gid === undefined) throw new RangeError(`there is no group '${group}'`);
      await machine.perform({ do: 'own', path: place, uid, gid });
      return null;
    },
  }),
  contains: defineFunction({
    summary: 'Whether a file has that text in it.',
    args: v.strictObject({ path, text: v.string() }),
    sync: true,
    run: (given, { machine }) =>
      machine.files.follow(given.path)?.kind === 'file' && machine.files.read(given.path).includes(given.text),
  }),
});

async function writeLines(
  place: string,
  before: string,
  lines: readonly string[],
  { machine }: ExecContext,
): Promise<string> {
  const text = lines.map((line) => `${line}\n`).join('');
  await machine.perform({ do: 'write', path: place, content: Buffer.from(before + text) });
  return `Wrote ${String(lines.length)} lines to "${place}"`;
}

function making(summary: string): ExecFunction {
  const owner = { user: v.optional(v.string()), group: v.optional(v.string()), mode: v.optional(mode) };
  return defineFunction({
    summary,
    args: v.strictObject({ dir_path: path, ...owner }),
    async run({ dir_path: place, user, group, mode: bits }, { machine }) {
      const uid = user === undefined ? undefined : machine.accounts.uid(user);
      const gid = group === undefined ? undefined : machine.accounts.gid(group);
      if (user !== undefined && uid === undefined) throw new RangeError(`there is no user '${user}'`);
      if (group !== undefined && gid === undefined) throw new RangeError(`there is no group '${group}'`);
      await machine.perform({ do: 'mkdir', path: place, parents: true, mode: bits, uid, gid });
      return true;
    },
  });
}

function stats(place: string, context: ExecContext): unknown {
  const facts = context.machine.files.follow(place);
  return facts ? describe(place, facts, context) : {};
}

function describe(place: string, facts: FileFacts, { machine }: ExecContext): unknown {
  return {
    target: place,
    type: kindNames[facts.kind],
    mode: octal(facts.mode),
    uid: facts.uid,
    user: machine.accounts.userName(facts.uid),
    gid: facts.gid,
    group: machine.accounts.groupName(facts.gid),
    size: facts.size,
    atime: facts.atimeMs / 1000,
    mtime: facts.mtimeMs / 1000,
  };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
