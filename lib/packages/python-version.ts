/* Versions of Python packages and what is asked of them (PyPA's "Version specifiers", once PEP 440). */

interface Version {
  readonly epoch: number;
  readonly release: readonly number[];
  /** `a`, `b`, `rc` with their number; sorts before the release. */
  readonly pre: readonly [kind: number, number: number] | undefined;
  readonly post: number | undefined;
  readonly dev: number | undefined;
  readonly local: string;
}

const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i;

const kinds: Readonly<Record<string, number>> = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 };

function parse(text: string): Version | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const [, epoch = '0', release = '', kind, pre = '', dash, post, postNumber = '', dev, devNumber = '', local = ''] =
    match;
  return {
    epoch: Number(epoch),
    release: release.split('.').map(Number),
    pre: kind === undefined ? undefined : [kinds[kind.toLowerCase()] ?? 2, Number(pre)],
    post: dash !== undefined ? Number(dash) : post === undefined ? undefined : Number(postNumber),
    dev: dev === undefined ? undefined : Number(devNumber),
    local: local.toLowerCase().replace(/[-_]/g, '.'),
  };
}

/** -1, 0 or 1; texts that are no versions are compared as texts. */
export function comparePythonVersions(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = [parse(a), parse(b)];
  const order = left && right ? compare(left, right) : a < b ? -1 : a > b ? 1 : 0;
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

function compare(a: Version, b: Version): number {
  return (
    a.epoch - b.epoch ||
    compareLists(a.release, b.release) ||
    compareLists(stage(a), stage(b)) ||
    compareLocal(a.local, b.local)
  );
}

/** A release of development comes before all, then alphas and their like, the release itself, what came after it. */
function stage({ pre, post, dev }: Version): number[] {
  const phase = pre ? [pre[0], pre[1]] : [dev !== undefined && post === undefined ? -1 : 3, 0];
  return [...phase, post ?? -1, dev ?? Number.POSITIVE_INFINITY];
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [one, other] = [a[at] ?? 0, b[at] ?? 0];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function compareLocal(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  return a.localeCompare(b, 'en', { numeric: true });
}

/** One condition: `>=1.2`. */
export interface Specifier {
  readonly operator: string;
  readonly version: string;
}

/** Reads `>=1.2,<2`; undefined when it is none. */
export function parseSpecifiers(text: string): Specifier[] | undefined {
  if (text.trim() === '') return [];
  const parts = text.split(',').map((part) => /^\s*(~=|===?|!=|<=|>=|<|>)\s*([^\s,;]+)\s*$/.exec(part));
  return parts.includes(null)
    ? undefined
    : parts.map((part) => ({ operator: part?.[1] ?? '==', version: part?.[2] ?? '' }));
}

export function satisfies(version: string, specifiers: readonly Specifier[]): boolean {
  return specifiers.every((one) => holds(version, one));
}

function holds(version: string, { operator, version: wanted }: Specifier): boolean {
  if (operator === '===') return version === wanted;
  const prefix = /^(.*)\.\*$/.exec(wanted)?.[1];
  if (prefix !== undefined) return startsWith(version, prefix) === (operator === '==');
  // Who names no local part means any.
  const bare = wanted.includes('+') ? version : version.replace(/\+.*$/, '');
  const order = comparePythonVersions(bare, wanted);
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    default: {
      const release = wanted.split('.');
      return order >= 0 && startsWith(version, release.slice(0, -1).join('.'));
    }
  }
}

function startsWith(version: string, prefix: string): boolean {
  const [whole, start] = [parse(version), parse(prefix)];
  return (
    whole !== undefined &&
    start !== undefined &&
    whole.epoch === start.epoch &&
    start.release.every((part, at) => (whole.release[at] ?? 0) === part)
  );
}

/** Names of packages are the same in any of their spellings. */
export const pythonName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
