import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecFunction } from '../../lib/contracts/execution.ts';
import type { FileFacts } from '../../lib/contracts/machine.ts';
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
  contains: defineFunction({
    summary: 'Whether a file has that text in it.',
    args: v.strictObject({ path, text: v.string() }),
    sync: true,
    run: (given, { machine }) =>
      machine.files.follow(given.path)?.kind === 'file' && machine.files.read(given.path).includes(given.text),
  }),
});

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
