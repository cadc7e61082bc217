import { open, rename, stat, truncate } from 'node:fs/promises';
import * as v from 'valibot';
import { defineReturner } from '../lib/contracts/returner.ts';
import { returnerErrors } from '../lib/errors/returners.ts';
import { shownEvent } from './job-return.ts';
import { file } from './settings.ts';

/** The files that are written to. */
const written = new Set<string>();

const bytes = 'a whole number of bytes from 1';
const files = 'a whole number from 0 to 1000';

export default defineReturner({
  summary: 'Lines of JSON at the end of a file: `{"number", "tag", "data"}` each.',
  promise: `At least once, in order; what a batch says is on the disk before the place moves on. After a crash the lines of the
last batch may be there twice, with the same \`number\`; a line that a crash cut off is taken away. A full file is renamed to
\`<file>.1\`, that one to \`<file>.2\`, and so on; the last is deleted.`,
  example: `
returners:
  audit:
    kind: json_lines
    file: /var/log/tsalt/events.json
    events: '*'
`,
  settings: v.strictObject({
    file,
    max_bytes: v.optional(v.pipe(v.number(bytes), v.integer(bytes), v.minValue(1, bytes)), 104_857_600),
    keep: v.optional(v.pipe(v.number(files), v.integer(files), v.minValue(0, files), v.maxValue(1000, files)), 5),
  }),
  open({ file: path, max_bytes: most, keep }) {
    // Each would take the other's half-written line for one that a crash cut off.
    if (written.has(path)) throw returnerErrors.fileTaken({ file: path });
    written.add(path);
    return {
      async close() {
        written.delete(path);
      },
      async send(events) {
        const lines = Buffer.from(events.map((event) => `${JSON.stringify(shownEvent(event))}\n`).join(''));
        const size = (await stat(path).catch(() => undefined))?.size ?? 0;
        if (size > 0 && size + lines.length > most) await rotate(path, keep);
        await append(path, lines);
      },
    };
  },
});

/** Names the files on; the oldest goes. Where none is to be kept, the full one is emptied. */
async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) return truncate(path);
  await append(path, Buffer.alloc(0));
  for (let number = keep; number > 0; number--) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    await rename(from, `${path}.${number}`).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
  }
}

/** Writes after the last whole line. All of it is on the disk, or none of it is left. */
async function append(path: string, lines: Buffer): Promise<void> {
  const handle = await open(path, 'a+', 0o600);
  try {
    const end = await endOfLines(handle, (await handle.stat()).size);
    await handle.truncate(end);
    try {
      await handle.appendFile(lines);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(end);
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/** Where the last whole line ends: a crash may have cut the one after it. */
async function endOfLines(handle: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  const piece = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; end -= piece.length) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await handle.read(piece, 0, end - start, start);
    const newline = piece.subarray(0, bytesRead).lastIndexOf(10);
    if (newline >= 0) return start + newline + 1;
  }
  return 0;
}
