import { answered, succeeded, type Part } from './job-part.ts';

const RULE = '-------------------------------------------';

/** Salt's summary of how a command ended; `names` has it name the minions, too. */
export function summary(parts: readonly Part[], names: boolean): string {
  const returned = parts.filter(answered);
  const failed = returned.filter((part) => !succeeded(part));
  const silent = parts.filter((part) => !answered(part));
  const named = (what: string, which: readonly Part[]): string[] =>
    names && which.length > 0 ? [`Minions ${what}: ${which.map(({ id }) => id).join(' ')}`] : [];
  const lines = [
    RULE,
    'Summary',
    RULE,
    `# of minions targeted: ${parts.length}`,
    `# of minions returned: ${returned.length}`,
    `# of minions that did not return: ${silent.length}`,
    `# of minions with errors: ${failed.length}`,
    ...named('not responding', silent),
    ...named('with failures', failed),
    RULE,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
