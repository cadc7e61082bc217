import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { lookThrough } from '../../lib/links.ts';
import { lookUp } from '../../lib/look-up.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { digestOf } from '../../lib/sources/content-hash.ts';
import * as arg from './args.ts';

const args = v.strictObject({
  name: arg.path,
  encoded_data: v.optional(v.string()),
  contents_pillar: v.optional(v.string()),
  encoding_type: v.optional(v.literal('base64', "'base64', the one there is"), 'base64'),
  checksum: v.optional(v.picklist(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']), 'md5'),
});

type Args = v.InferOutput<typeof args>;

type Facts = { readonly problem: string } | { readonly path: string; readonly content: Buffer; readonly old?: Buffer };

export default defineState<typeof args, Facts>({
  summary: 'A file holds what this text in base64 stands for.',
  example: `
/etc/app/key:
  file.decode:
    - encoded_data: c2VjcmV0Cg==
`,
  args,
  reads: ['files'],
  check({ encoded_data, contents_pillar }) {
    if (!encoded_data && !contents_pillar) return "Specify either the 'encoded_data' or 'contents_pillar' argument.";
    return encoded_data && contents_pillar
      ? "Specify only one 'encoded_data' or 'contents_pillar' argument."
      : undefined;
  },
  read(given, { files, pillar }) {
    const { name } = given;
    const content = decoded(given, pillar);
    if (typeof content === 'string') return { problem: content };
    const found = lookThrough(files, name);
    if (!found) return { problem: `${name} is a circle of symbolic links` };
    const { path, there } = found;
    if (there && there.kind !== 'file') return { problem: `${name} is not a file` };
    const parent = there !== undefined || readParent(files, path);
    if (parent !== true) return { problem: parent || 'Parent directory not present' };
    return { path, content, ...(there ? { old: files.read(path) } : {}) };
  },
  plan({ checksum }, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { path, content, old } = facts;
    if (old?.equals(content)) return alreadyRight('File is in the correct state.');
    return {
      changes: { old: old ? digestOf(checksum, old) : null, new: digestOf(checksum, content) },
      comment: 'File is set to be updated.',
      done: 'File was updated.',
      steps: [{ do: 'write', path, content }],
    };
  },
});

function decoded({ encoded_data, contents_pillar }: Args, pillar: JsonMap): Buffer | string {
  const text = encoded_data ?? lookUp(pillar, contents_pillar ?? '');
  if (text === undefined) return 'Pillar data not found.';
  const plain = typeof text === 'string' ? text.replace(/\s+/g, '') : '!';
  return /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/.test(plain)
    ? Buffer.from(plain, 'base64')
    : 'The data is not text in base64.';
}
