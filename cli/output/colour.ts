import type { Io } from '../io.ts';

export type Paint = (text: string) => string;

/** The colours that Salt has for a state run. */
export interface Colours {
  /** Right already. */
  readonly good: Paint;
  readonly changed: Paint;
  readonly bad: Paint;
  /** Would change. */
  readonly maybe: Paint;
  /** Warnings, and what did not compile. */
  readonly alarm: Paint;
  readonly quiet: Paint;
}

const asItIs: Paint = (text) => text;
const sgr =
  (code: string): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0;0m`;

export const plain: Colours = {
  good: asItIs,
  changed: asItIs,
  bad: asItIs,
  maybe: asItIs,
  alarm: asItIs,
  quiet: asItIs,
};

/** Colours on a terminal only, and not where NO_COLOR is set (no-color.org). */
export function coloursFor({ outIsTerminal, env }: Pick<Io, 'outIsTerminal' | 'env'>): Colours {
  if (!outIsTerminal || (env['NO_COLOR'] ?? '') !== '') return plain;
  return {
    good: sgr('0;32'),
    changed: sgr('0;36'),
    bad: sgr('0;31'),
    maybe: sgr('0;1;33'),
    alarm: sgr('0;1;31'),
    quiet: sgr('2'),
  };
}
