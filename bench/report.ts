/** One line of what was aimed at: met or missed, by figures of the same run. */
export interface Mark {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  readonly aim: string;
  readonly met: boolean;
}

export function atMost(what: string, figure: number, most: number, unit: string): Mark {
  return { what, figure, unit, aim: `at most ${most}`, met: figure <= most };
}

export function atLeast(what: string, figure: number, least: number, unit: string): Mark {
  return { what, figure, unit, aim: `at least ${least}`, met: figure >= least };
}

export function printMarks(title: string, marks: readonly Mark[]): void {
  console.log(`\n${title}`);
  for (const { what, figure, unit, aim, met } of marks) {
    console.log(`  ${met ? 'met   ' : 'MISSED'}  ${what}: ${figure.toFixed(figure < 10 ? 2 : 0)} ${unit} (${aim})`);
  }
}
