/** -1, 0 or 1: how two Debian versions (`[epoch:]upstream[-revision]`) are ordered, by the rules of deb-version(7). */
export function compareDebVersions(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = [split(a), split(b)];
  const order =
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

interface Version {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

function split(version: string): Version {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Compares stretches of non-digits and of digits in turn, until one differs. */
function compareParts(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const order = weight(a[i]) - weight(b[j]);
      if (order !== 0) return order;
      i++;
      j++;
    }
    const [left, right] = [digitsFrom(a, i), digitsFrom(b, j)];
    i += left.length;
    j += right.length;
    const order = compareNumbers(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

/** A tilde sorts before the end, the end (or a digit) before letters, letters before everything else. */
function weight(character: string | undefined): number {
  if (character === '~') return -1;
  if (character === undefined || isDigit(character)) return 0;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

/** Numbers of any length: the longer one is the greater once leading zeros are gone. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function digitsFrom(text: string, start: number): string {
  let end = start;
  while (isDigit(text[end])) end++;
  return text.slice(start, end);
}
