/** Bytes of a size as people write it: `10`, `1.5 GiB`, `10K` and `10KiB` (1024), `10KB` (1000). Undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = '', kind = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kmgtpezy]?)(i?b)?\s*$/i.exec(text) ?? [];
  if (number === undefined || (unit === '' && kind.toLowerCase() === 'ib')) return undefined;
  const power = ' kmgtpezy'.indexOf(unit.toLowerCase() || ' ');
  return Math.trunc(Number(number) * (kind.toLowerCase() === 'b' ? 1000 : 1024) ** power);
}
