import { sentence } from '../lib/sentence.ts';

/** A function of the master, as it tells of itself. */
export interface RunnerFunction {
  readonly name: string;
  readonly summary: string;
  readonly takes: readonly string[];
  readonly needs: number;
  readonly anything?: boolean;
  readonly keywords?: string;
}

/** `tsalt run FUNCTION --help` */
export function functionHelp(one: RunnerFunction): string {
  return `usage: tsalt run ${usageOf(one)}\n\n${sentence(one.summary)}\n\n`;
}

/** One line for each, with what it takes. */
export function printFunctions(functions: readonly RunnerFunction[]): string {
  const rows = functions.map((one) => [usageOf(one), one.summary] as const);
  const width = Math.max(...rows.map(([call]) => call.length)) + 2;
  return rows.map(([call, summary]) => `${call.padEnd(width)}${summary}\n`).join('');
}

function usageOf({ name, takes, needs, anything, keywords }: RunnerFunction): string {
  const args = takes.map((argument, index) => (index < needs ? argument.toUpperCase() : `[${argument}=...]`));
  const more = anything === true ? ['[ARG ...] [KEY=VALUE ...]'] : keywords === undefined ? [] : ['[KEY=VALUE ...]'];
  return [name, ...args, ...more].join(' ');
}
