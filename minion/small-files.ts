import { answeredCode } from '../lib/errors/answered.ts';
import type { Ask } from './fetched-files.ts';
import { CHUNK_BYTES, MOST_TOGETHER } from '../lib/file-tree.ts';

interface Wanted {
  readonly sha256: string;
  readonly bytes: number;
  readonly resolve: (content: Buffer | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Asks for small files, many with one question. Gives undefined for one that the master does not give that way: it has no
 * such file, or is of a version that knows no such question.
 */
export function smallFiles(
  ask: Ask,
  turn: <T>(work: () => Promise<T>) => Promise<T>,
): (sha256: string, bytes: number) => Promise<Buffer | undefined> {
  let waiting: Wanted[] = [];
  let isKnown = true;

  async function fetch(batch: readonly Wanted[]): Promise<void> {
    try {
      const { files } = await turn(() => ask('files.several', { hashes: batch.map(({ sha256 }) => sha256) }));
      const given = Array.isArray(files) ? files : [];
      batch.forEach(({ resolve }, index) => {
        const data = given[index];
        resolve(typeof data === 'string' ? Buffer.from(data, 'base64') : undefined);
      });
    } catch (thrown) {
      // A master of an older version.
      isKnown &&= answeredCode(thrown) !== 'TS_QUESTION_UNKNOWN';
      for (const { resolve, reject } of batch) {
        if (isKnown) reject(thrown);
        else resolve(undefined);
      }
    }
  }

  /** Those that were asked for in one turn go together. */
  function send(): void {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length;) {
      let bytes = 0;
      const start = at;
      for (; at < all.length && at - start < MOST_TOGETHER; at++) {
        bytes += all[at]?.bytes ?? 0;
        if (bytes > CHUNK_BYTES && at > start) break;
      }
      void fetch(all.slice(start, at));
    }
  }

  return (sha256, bytes) => {
    if (!isKnown) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(send);
      waiting.push({ sha256, bytes, resolve, reject });
    });
  };
}
