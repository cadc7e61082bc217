import { createHash, createHmac } from 'node:crypto';
import * as v from 'valibot';
import { defineFunction, defineModule, type ExecFunction } from '../../lib/contracts/execution.ts';
import { path } from './arguments.ts';

const checksums = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
const checksum = v.optional(v.picklist(checksums), 'md5');

function ofText(summary: string, answer: (text: string) => string): ExecFunction {
  return defineFunction({
    summary,
    args: v.strictObject({ instr: v.string() }),
    quick: true,
    sync: true,
    run: ({ instr }) => answer(instr),
  });
}

const hash = (kind: string, text: string | Buffer): string => createHash(kind).update(text).digest('hex');

/** Hashes and encodings of texts. */
export default defineModule({
  digest: defineFunction({
    summary: 'The hash of a text, in hexadecimal digits.',
    args: v.strictObject({ instr: v.string(), checksum }),
    quick: true,
    sync: true,
    run: ({ instr, checksum: kind }) => hash(kind, instr),
  }),
  digest_file: defineFunction({
    summary: 'The hash of a file, in hexadecimal digits.',
    args: v.strictObject({ infile: path, checksum }),
    sync: true,
    run: ({ infile, checksum: kind }, { machine }) => hash(kind, machine.files.read(infile)),
  }),
  md5_digest: ofText('The MD5 hash of a text.', (text) => hash('md5', text)),
  sha256_digest: ofText('The SHA-256 hash of a text.', (text) => hash('sha256', text)),
  sha512_digest: ofText('The SHA-512 hash of a text.', (text) => hash('sha512', text)),
  base64_b64encode: ofText('A text in Base64, on one line.', (text) => Buffer.from(text).toString('base64')),
  base64_b64decode: ofText('The text that is in Base64.', (text) => Buffer.from(text, 'base64').toString('utf8')),
  hmac_signature: defineFunction({
    summary: 'Whether a text has this signature by a shared secret: HMAC with SHA-256, in Base64.',
    args: v.strictObject({ string: v.string(), shared_secret: v.string(), challenge_hmac: v.string() }),
    quick: true,
    run: ({ string: text, shared_secret: secret, challenge_hmac: given }) =>
      createHmac('sha256', secret).update(text).digest('base64') === given,
  }),
});
