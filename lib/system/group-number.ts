import { readFileSync } from 'node:fs';

/** The number of a group by its name in /etc/group, or of one that is said by number; undefined for one that is not there. */
export function groupNumber(group: string, file = '/etc/group'): number | undefined {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .map((text) => text.split(':'))
    .find(([name]) => name === group);
  return line?.[2] === undefined ? undefined : Number(line[2]);
}
