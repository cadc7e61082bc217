/** -1, 0 or 1: how two rpm versions (`[epoch:]version[-release]`) are ordered, by the rules of rpm-version(7). */
export function compareRpmVersions(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = [split(a), split(b)];
  const order =
    left.epoch - right.epoch ||
    compareParts(left.version, right.version) ||
    // Who names no release means any.
    (left.release === '' || right.release === '' ? 0 : compareParts(left.release, right.release));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

function split(text: string): { epoch: number; version: string; release: string } {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/.exec(text) ?? [];
  return { epoch: Number(epoch), version, release };
}

/** Runs of digits and of letters in turn; `~` sorts before the end, `^` after it, numbers after letters. */
function compareParts(a: string, b: string): number {
  const [left, right] = [segments(a), segments(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]];
    const order = rank(one) - rank(other) || compareSame(one ?? '', other ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

const segments = (text: string): string[] => text.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];

/** `~` < the end < `^` < letters < digits. */
function rank(segment: string | undefined): number {
  if (segment === undefined) return 1;
  if (segment === '~') return 0;
  if (segment === '^') return 2;
  return /^\d/.test(segment) ? 4 : 3;
}

function compareSame(a: string, b: string): number {
  if (!/^\d/.test(a)) return a < b ? -1 : a > b ? 1 : 0;
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}
