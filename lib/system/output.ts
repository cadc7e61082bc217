import type { Readable } from 'node:stream';

export interface Gathered {
  text(): string;
  truncated(): boolean;
}

/** Collects a stream as UTF-8 text, at most `limit` bytes; the rest is read and dropped, so that the writer never blocks. */
export function gather(stream: Readable | null, limit: number): Gathered {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = false;
  stream?.on('data', (chunk: Buffer) => {
    const room = limit - size;
    if (chunk.length > room) dropped = true;
    if (room <= 0) return;
    chunks.push(chunk.subarray(0, room));
    size += Math.min(chunk.length, room);
  });
  return { text: () => Buffer.concat(chunks).toString('utf8'), truncated: () => dropped };
}
