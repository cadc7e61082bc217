import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { gitErrors } from '../../lib/errors/git.ts';
import { blobFile } from '../../lib/git/kept.ts';
import { inSlices } from '../../lib/slices.ts';
import { writeWhole } from '../../lib/write-whole.ts';
import type { Git } from './process.ts';

const READ_MS = 30 * 60_000;
/** What is larger is written piece by piece. */
const SMALL_BYTES = 256 * 1024;

export interface CopyOptions {
  readonly git: Git;
  /** For people, in errors. */
  readonly remote: string;
  /** The repository's own, with `blobs` in it. */
  readonly directory: string;
}

/** Copies blobs out of git, each into a file that is named by its SHA-256, and gives that by git's id. */
export async function copyBlobs(
  { git, remote, directory }: CopyOptions,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  if (ids.length === 0) return hashes;
  const args = ['cat-file', '--batch', '--buffer'];
  const command = { doing: 'reading the files of', args, stdin: `${ids.join('\n')}\n`, timeoutMs: READ_MS };
  await git.stream(command, async (output) => {
    const input = readerOf(output);
    const pause = inSlices();
    for (const id of ids) {
      const header = await input.line();
      const [, bytes] = new RegExp(`^${id} blob (\\d+)$`).exec(header) ?? [];
      if (bytes === undefined) throw gitErrors.unreadable({ remote, what: `no file for ${id}` });
      hashes.set(id, await copy(input, Number(bytes), directory));
      await input.line();
      await pause();
    }
  });
  return hashes;
}

async function copy(input: Reader, bytes: number, directory: string): Promise<string> {
  if (bytes > SMALL_BYTES) return copyLarge(input, bytes, directory);
  const whole = await input.bytes(bytes);
  const sha256 = createHash('sha256').update(whole).digest('hex');
  const file = blobFile(directory, sha256);
  if (!existsSync(file)) writeWhole(file, whole);
  return sha256;
}

async function copyLarge(input: Reader, bytes: number, directory: string): Promise<string> {
  const hash = createHash('sha256');
  const temporary = path.join(directory, 'blobs', `new.${randomBytes(6).toString('hex')}`);
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    for (let left = bytes; left > 0;) {
      const part = await input.some(left);
      left -= part.length;
      hash.update(part);
      for (let written = 0; written < part.length;) written += writeSync(handle, part, written);
    }
    const sha256 = hash.digest('hex');
    renameSync(temporary, blobFile(directory, sha256));
    return sha256;
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause;
  } finally {
    closeSync(handle);
  }
}

interface Reader {
  /** Up to a line's end, which is taken and not given. */
  line(): Promise<string>;
  bytes(count: number): Promise<Buffer>;
  /** Some bytes, at least one and at most `most`. */
  some(most: number): Promise<Buffer>;
}

/** Raises a RangeError where the stream ends too soon. */
function readerOf(output: Readable): Reader {
  const parts = (output as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  async function more(): Promise<Buffer> {
    const part = await parts.next();
    if (part.done === true) throw new RangeError('git ended in the middle of a file');
    return part.value;
  }
  function take(count: number, skip = 0): Buffer {
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count + skip);
    return taken;
  }
  return {
    async line() {
      for (let end = rest.indexOf(10); ; end = rest.indexOf(10)) {
        if (end >= 0) return take(end, 1).toString('latin1');
        rest = Buffer.concat([rest, await more()]);
      }
    },
    async bytes(count) {
      const got = [take(count)];
      for (let have = got[0]?.length ?? 0; have < count;) {
        rest = await more();
        const part = take(count - have);
        have += part.length;
        got.push(part);
      }
      return Buffer.concat(got);
    },
    async some(most) {
      if (rest.length === 0) rest = await more();
      return take(most);
    },
  };
}
