/* Which of many dated things a schedule keeps. */

export interface Dated {
  readonly name: string;
  /** Its parts are those of UTC. */
  readonly time: Date;
}

export const rules = [
  'most_recent',
  'first_of_hour',
  'first_of_day',
  'first_of_week',
  'first_of_month',
  'first_of_year',
] as const;

type Rule = (typeof rules)[number];

/** The names of what is kept: of each rule the first of each period, for the last `count` periods that have any. */
export function retained(
  things: readonly Dated[],
  counts: Readonly<Partial<Record<Rule, number | 'all' | undefined>>>,
): ReadonlySet<string> {
  const sorted = [...things].sort((a, b) => a.time.getTime() - b.time.getTime());
  const kept = new Set<string>();
  for (const rule of rules) {
    const count = counts[rule];
    if (count === undefined) continue;
    const firsts = new Map<string, string>();
    for (const { name, time } of sorted) {
      const period = periodOf(rule, time);
      // Of things of the same moment the last one counts.
      if (!firsts.has(period) || rule === 'most_recent') firsts.set(period, name);
    }
    const most = count === 'all' ? firsts.size : count + (rule === 'first_of_week' ? 1 : 0);
    // Salt keeps one week more than it is told.
    for (const name of [...firsts.values()].slice(Math.max(0, firsts.size - most))) kept.add(name);
  }
  return kept;
}

/** The period that a moment is in, as text. */
function periodOf(rule: Rule, time: Date): string {
  const text = time.toISOString();
  switch (rule) {
    case 'most_recent':
      return text;
    case 'first_of_hour':
      return text.slice(0, 13);
    case 'first_of_day':
      return text.slice(0, 10);
    case 'first_of_week':
      return mondayOf(time);
    case 'first_of_month':
      return text.slice(0, 7);
    case 'first_of_year':
      return text.slice(0, 4);
  }
}

function mondayOf(time: Date): string {
  const sinceMonday = (time.getUTCDay() + 6) % 7;
  return new Date(time.getTime() - sinceMonday * 86_400_000).toISOString().slice(0, 10);
}
