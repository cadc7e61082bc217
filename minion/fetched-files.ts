import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { atOnce } from '../lib/at-once.ts';
import { fileErrors } from '../lib/errors/files.ts';
import { CHUNK_BYTES, type TreeEntry } from '../lib/file-tree.ts';
import type { JsonMap } from '../lib/json.ts';
import { smallFiles } from './small-files.ts';
import { writeWhole } from '../lib/write-whole.ts';

export type Ask = (question: string, body: JsonMap) => Promise<JsonMap>;

/** So many pieces are on their way at once: half of what the link lets through, so that others get through, too. */
const MOST_PIECES = 16;
/** So many files are begun at once: of small ones many come with one piece. */
const MOST_SMALL = 256;
const MOST_LARGE = 4;
/** So many pieces of one file are asked for before the first of them is there. */
const AHEAD = 8;

export interface FetchedFiles {
  /** The bytes of an entry, from the cache or the master; raises `TS_FILE_WRONG_HASH` when other bytes come. */
  readonly fetch: (entry: TreeEntry) => Promise<Buffer>;
  /** It will be fetched soon: a small one that is not in the cache comes now, with others. */
  readonly ahead: (entry: TreeEntry) => void;
}

/**
 * Files of a master, several at once. They are kept by their hash, in a directory of the minion's own: what has not changed is
 * not sent again, and of a large file that was cut off only the rest is.
 */
export function fetchedFiles(ask: Ask, folder: string): FetchedFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const smallTurn = atOnce(MOST_SMALL);
  const largeTurn = atOnce(MOST_LARGE);
  const pieceTurn = atOnce(MOST_PIECES);
  const together = smallFiles(ask, pieceTurn);
  const coming = new Map<string, Promise<Buffer>>();

  async function piece(sha256: string, offset: number): Promise<Buffer> {
    const { data } = await pieceTurn(() => ask('files.chunk', { sha256, offset }));
    return Buffer.from(typeof data === 'string' ? data : '', 'base64');
  }

  /** What comes from `have` on, piece after piece. */
  async function* pieces(sha256: string, have: number, bytes: number): AsyncGenerator<Buffer> {
    const asked: Promise<Buffer>[] = [];
    let next = have;
    for (let at = have; at < bytes;) {
      for (; next < bytes && asked.length < AHEAD; next += CHUNK_BYTES) {
        const one = piece(sha256, next);
        // Told where it is waited for, which may be after another one failed.
        one.catch(() => {});
        asked.push(one);
      }
      const part = (await asked.shift()) ?? Buffer.alloc(0);
      if (part.length === 0) return;
      at += part.length;
      yield part;
    }
  }

  async function small(sha256: string, bytes: number): Promise<Buffer> {
    const content = bytes === 0 ? Buffer.alloc(0) : await together(sha256, bytes);
    return content ?? inPieces(sha256, bytes);
  }

  async function inPieces(sha256: string, bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of pieces(sha256, 0, bytes)) parts.push(part);
    return Buffer.concat(parts);
  }

  /**
   * Through a file that outlives this process. Where two fetch the same, each writes the same bytes at the same places, so
   * that what is there is right up to its end.
   */
  async function large(sha256: string, bytes: number, file: string): Promise<Buffer> {
    const handle = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      const there = Math.min(fstatSync(handle).size, bytes);
      let at = there - (there % CHUNK_BYTES);
      for await (const part of pieces(sha256, at, bytes)) {
        for (let done = 0; done < part.length;) done += writeSync(handle, part, done, part.length - done, at + done);
        at += part.length;
      }
      const whole = Buffer.alloc(at);
      for (let done = 0; done < at;) {
        const read = readSync(handle, whole, done, at - done, done);
        if (read === 0) break;
        done += read;
      }
      return whole;
    } finally {
      closeSync(handle);
    }
  }

  async function bytesOf([name, sha256, bytes]: TreeEntry): Promise<Buffer> {
    const file = path.join(folder, hexOnly(sha256));
    const cached = readIfThere(file);
    if (cached && hashOf(cached) === sha256) return cached;
    const part = `${file}.part`;
    const isLarge = bytes > CHUNK_BYTES;
    let whole = isLarge ? await large(sha256, bytes, part) : await small(sha256, bytes);
    if (isLarge) rmSync(part, { force: true });
    // What was there of it was none of it.
    if (isLarge && hashOf(whole) !== sha256) whole = await inPieces(sha256, bytes);
    if (hashOf(whole) !== sha256) throw fileErrors.wrongHash({ path: name });
    writeWhole(file, whole);
    return whole;
  }

  function fetch(entry: TreeEntry): Promise<Buffer> {
    const [, sha256, bytes] = entry;
    const known = coming.get(sha256);
    if (known) return known;
    const turn = bytes > CHUNK_BYTES ? largeTurn : smallTurn;
    const fetching = turn(() => bytesOf(entry)).finally(() => coming.delete(sha256));
    coming.set(sha256, fetching);
    return fetching;
  }

  return {
    fetch,
    ahead(entry) {
      const [, sha256, bytes] = entry;
      if (bytes > CHUNK_BYTES || !isHash(sha256) || existsSync(path.join(folder, sha256))) return;
      // Whoever needs it asks again, and is told.
      fetch(entry).catch(() => {});
    },
  };
}

/** The bytes of a file; undefined where there is none. */
export function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** A hash of the wire is a file's name only when it is one. */
function hexOnly(sha256: string): string {
  if (!isHash(sha256)) throw fileErrors.unknownHash({ sha256 });
  return sha256;
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
