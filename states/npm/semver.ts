/* Versions and ranges of npm packages (semver.org, and npm's semver(7) for ranges). */

interface Version {
  readonly parts: readonly [number, number, number];
  readonly pre: string;
}

function parse(text: string): Version | undefined {
  const match = /^[v=\s]*(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text);
  return match ? { parts: [Number(match[1]), Number(match[2]), Number(match[3])], pre: match[4] ?? '' } : undefined;
}

function compare(a: Version, b: Version): number {
  for (const at of [0, 1, 2] as const) if (a.parts[at] !== b.parts[at]) return a.parts[at] - b.parts[at];
  if (a.pre === b.pre) return 0;
  if (a.pre === '' || b.pre === '') return a.pre === '' ? 1 : -1;
  const [left, right] = [a.pre.split('.'), b.pre.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    const [isNumber, otherIs] = [/^\d+$/.test(one), /^\d+$/.test(other)];
    if (isNumber && otherIs) return Number(one) - Number(other);
    return isNumber !== otherIs ? (isNumber ? -1 : 1) : one < other ? -1 : 1;
  }
  return 0;
}

/** Whether a version is in a range (`^1.2`, `~1.2.3`, `1.x`, `>=1 <2 || 3`). Undefined for what is no range: a tag, an address. */
export function isInRange(version: string, range: string): boolean | undefined {
  const found = parse(version);
  const sets = range.split('||').map((set) => parseSet(set.trim()));
  if (!found || sets.includes(undefined)) return undefined;
  return sets.some((bounds) => bounds?.every((holds) => holds(found)));
}

type Bound = (version: Version) => boolean;

function parseSet(text: string): Bound[] | undefined {
  const [, low, high] = /^(\S+)\s+-\s+(\S+)$/.exec(text) ?? [];
  if (low !== undefined && high !== undefined) return parseSet(`>=${low} <=${high}`);
  const parts = text
    .replace(/(\^|~|[<>]=?|=)\s+/g, '$1')
    .split(/\s+/)
    .map(parseBound);
  return parts.includes(undefined) ? undefined : parts.flatMap((one) => one ?? []);
}

function parseBound(text: string): Bound[] | undefined {
  const [, operator = '', partial] =
    /^(\^|~>?|>=|<=|>|<|=)?v?((?:\d+|[xX*])(?:\.(?:\d+|[xX*]))*(?:-[0-9A-Za-z.-]+)?(?:\+\S+)?)?$/.exec(text) ?? [
      undefined,
    ];
  if (partial === undefined) return text === '' ? [] : undefined;
  const [core = '', pre = ''] = partial.split('+')[0]?.split(/-(.*)/s) ?? [];
  const given = core.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : undefined));
  const known = given.findIndex((part) => part === undefined) < 0 ? given.length : given.indexOf(undefined);
  const [major = 0, minor = 0, patch = 0] = given.slice(0, known) as number[];
  const least: Version = { parts: [major, minor, patch], pre };
  const next = (at: 0 | 1 | 2): Version => ({
    parts: [at === 0 ? major + 1 : major, at === 1 ? minor + 1 : at === 0 ? 0 : minor, at === 2 ? patch + 1 : 0],
    pre: '0',
  });
  const atLeast: Bound = (version) => compare(version, least) >= 0;
  const below =
    (limit: Version): Bound =>
    (version) =>
      compare(version, limit) < 0;
  if (known === 0) return [];
  switch (operator) {
    case '^':
      return [atLeast, below(next(major > 0 || known < 2 ? 0 : minor > 0 || known < 3 ? 1 : 2))];
    case '~':
    case '~>':
      return [atLeast, below(next(known < 2 ? 0 : 1))];
    case '>=':
      return [atLeast];
    case '<':
      return [below(least)];
    case '>':
      return known === 3
        ? [(version) => compare(version, least) > 0]
        : [(version) => compare(version, next(known === 1 ? 0 : 1)) >= 0];
    case '<=':
      return known === 3 ? [(version) => compare(version, least) <= 0] : [below(next(known === 1 ? 0 : 1))];
    default:
      return known === 3 ? [(version) => compare(version, least) === 0] : [atLeast, below(next(known === 1 ? 0 : 1))];
  }
}
