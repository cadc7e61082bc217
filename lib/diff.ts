import { structuredPatch, type StructuredPatchHunk } from 'diff';

/** Larger texts are not compared line by line: nobody reads that, and it takes seconds. */
const MAX_DIFF_BYTES = 1024 * 1024;
const MAX_EDITS = 4000;
const TIMEOUT_MS = 1000;

/** What to show of a change from one content to another: a unified diff, or in words where that makes no sense. */
export function contentDiff(before: Buffer, after: Buffer): string {
  const [oldBinary, newBinary] = [isBinary(before), isBinary(after)];
  if (oldBinary && newBinary) return 'Replace binary file';
  if (oldBinary) return 'Replace binary file with text file';
  if (newBinary) return 'Replace text file with binary file';
  const tooDifferent = `<too different to show: ${before.length} bytes became ${after.length}>`;
  if (before.length + after.length > MAX_DIFF_BYTES) return tooDifferent;
  const patch = structuredPatch('', '', before.toString('utf8'), after.toString('utf8'), undefined, undefined, {
    context: 3,
    maxEditLength: MAX_EDITS,
    timeout: TIMEOUT_MS,
  });
  return patch ? ['--- ', '+++ ', ...patch.hunks.flatMap(hunkLines), ''].join('\n') : tooDifferent;
}

function hunkLines(hunk: StructuredPatchHunk): string[] {
  const old = range(hunk.oldStart, hunk.oldLines);
  const now = range(hunk.newStart, hunk.newLines);
  return [`@@ -${old} +${now} @@`, ...hunk.lines];
}

/** Unified format: a length of one is left out, and nothing stands after the line before it. */
function range(start: number, lines: number): string {
  if (lines === 0) return `${start - 1},0`;
  return lines === 1 ? String(start) : `${start},${lines}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Not text in UTF-8, or with a NUL in it. */
export function isBinary(content: Buffer): boolean {
  if (content.includes(0)) return true;
  try {
    decoder.decode(content);
    return false;
  } catch {
    return true;
  }
}
