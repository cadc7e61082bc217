import { median, ratio, type Measured } from './measure.ts';

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

export interface Findings {
  readonly marks?: readonly Mark[];
  /** Wall times behind the marks. */
  readonly measured?: readonly Measured[];
  /** What else was seen. */
  readonly notes?: readonly string[];
}

let missed = 0;

/** Prints what a bench found, each mark as met, missed, or without the peer that it needs. */
export function report(title: string, { marks = [], measured = [], notes = [] }: Findings): void {
  console.log(`\n${title}`);
  for (const { what, figure, unit, aim, met } of marks) {
    const verdict = Number.isNaN(figure) ? 'no peer' : met ? 'met' : 'MISSED';
    if (verdict === 'MISSED') missed++;
    console.log(`  ${verdict.padEnd(8)}${what}: ${shown(figure)} ${unit} (${aim})`);
  }
  for (const { name, runs } of measured) {
    const sorted = [...runs].sort((a, b) => a - b);
    const spread = `${shown(sorted[0] ?? NaN)} to ${shown(sorted.at(-1) ?? NaN)}`;
    console.log(`          ${name}: ${shown(median(runs))} ms (${spread}, ${runs.length} runs)`);
  }
  for (const note of notes) console.log(`          ${note}`);
}

/** How many times ours each peer takes, in words, for those of them that ran: what has no mark. */
export function ratios(all: readonly Measured[], ours: string, peers: readonly string[]): string[] {
  return peers
    .filter((peer) => all.some(({ name }) => name === peer))
    .map((peer) => `${peer} / ${ours}: ${shown(ratio(all, peer, ours))} times`);
}

/**
 * Salt's figure and ours, and by how many times ours is the better: of what is done a second ours by Salt's, of times and
 * memory Salt's by ours. Nothing where Salt did not run or came to no figure.
 */
export function besides(what: string, ours: number, salt: number | undefined, unit: string): string[] {
  if (salt === undefined || Number.isNaN(salt)) return [];
  return unit === 'a second'
    ? [`${what}: tsalt / salt ${shown(ours / salt)} times (${shown(ours)} / ${shown(salt)} ${unit})`]
    : [`${what}: salt / tsalt ${shown(salt / ours)} times (${shown(salt)} / ${shown(ours)} ${unit})`];
}

/** Marks missed so far. */
export function missedMarks(): number {
  return missed;
}

/** A figure with as many digits as mean something. */
export function shown(figure: number): string {
  if (Number.isNaN(figure)) return '-';
  return figure.toFixed(figure < 10 ? 2 : figure < 100 ? 1 : 0);
}
