import type { Io } from '../io.ts';

export type Paint = (text: string) => string;

export interface Colours {
  /** Right already. */
  readonly good: Paint;
  readonly changed: Paint;
  readonly bad: Paint;
  /** Would change. */
  readonly maybe: Paint;
  readonly quiet: Paint;
}

const plain: Paint = (text) => text;
const sgr =
  (code: string): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;

/** Colours on a terminal only, and not where NO_COLOR is set (no-color.org). */
export function coloursFor({ outIsTerminal, env }: Io): Colours {
  if (!outIsTerminal || (env['NO_COLOR'] ?? '') !== '') {
    return { good: plain, changed: plain, bad: plain, maybe: plain, quiet: plain };
  }
  return { good: sgr('0;32'), changed: sgr('0;36'), bad: sgr('0;31'), maybe: sgr('0;1;33'), quiet: sgr('2') };
}
