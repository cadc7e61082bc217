import { posix } from 'node:path';
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import { path } from './arguments.ts';

const saltenv = v.optional(v.string());
const address = v.pipe(v.string(), v.startsWith('salt://', 'the address of a file in the state tree (salt://...)'));

/** The bytes of a file of the state tree, or at a web address. */
async function bytesOf({ machine }: ExecContext, url: string, from: string | undefined): Promise<Buffer> {
  if (!url.startsWith('salt://')) {
    const answer = await machine.downloads.get(url);
    return answer === 'unchanged' ? Buffer.alloc(0) : answer.content;
  }
  const { sources } = from === undefined ? machine : machine.inEnvironment(from);
  return sources.read(url);
}

async function copyTo(
  context: ExecContext,
  url: string,
  dest: string,
  from?: string,
  makedirs = false,
): Promise<string> {
  const content = await bytesOf(context, url, from);
  const { files } = context.machine;
  // A directory takes it under its own name.
  const isInside = dest.endsWith('/') || files.follow(dest)?.kind === 'directory';
  const place = isInside ? posix.join(dest, posix.basename(url.replace(/[?#].*$/, ''))) : dest;
  if (makedirs) await context.machine.perform({ do: 'mkdir', path: posix.dirname(place), parents: true });
  await context.machine.perform({ do: 'write', path: place, content });
  return place;
}

/** Files of the state tree. */
export default defineModule({
  get_file: defineFunction({
    summary: 'Copies a file of the state tree to this machine, and gives where it is.',
    args: v.strictObject({ path: address, dest: path, saltenv, makedirs: v.optional(v.boolean(), false) }),
    run: (given, context) => copyTo(context, given.path, given.dest, given.saltenv, given.makedirs),
  }),
  get_url: defineFunction({
    summary: 'Copies a file of the state tree, or of a web server, to this machine, and gives where it is.',
    args: v.strictObject({ path: v.string(), dest: path, saltenv, makedirs: v.optional(v.boolean(), false) }),
    run: (given, context) => copyTo(context, given.path, given.dest, given.saltenv, given.makedirs),
  }),
  get_file_str: defineFunction({
    summary: 'The text of a file of the state tree.',
    args: v.strictObject({ path: address, saltenv }),
    run: async (given, context) => (await bytesOf(context, given.path, given.saltenv)).toString('utf8'),
  }),
  hash_file: defineFunction({
    summary: 'The SHA-256 hash of a file of the state tree.',
    args: v.strictObject({ path: address, saltenv }),
    run: async (given, context) => ({
      hash_type: 'sha256',
      hsum: createHash('sha256')
        .update(await bytesOf(context, given.path, given.saltenv))
        .digest('hex'),
    }),
  }),
  list_master: defineFunction({
    summary: 'The files of the state tree; those whose paths begin with `prefix`.',
    args: v.strictObject({ saltenv, prefix: v.optional(v.string(), '') }),
    run: async (given, { machine }) => {
      const { sources } = given.saltenv === undefined ? machine : machine.inEnvironment(given.saltenv);
      return (await sources.list('salt://')).filter((name) => name.startsWith(given.prefix) && !name.endsWith('/'));
    },
  }),
});
