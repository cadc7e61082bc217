import type { Clock } from '../lib/clock.ts';
import type { Io } from './io.ts';
import { brief } from './output/text.ts';

/** One line at the end of a terminal's stderr that is drawn again and again; without a terminal, nothing. */
export interface LiveLine {
  /** `make` gives the text now, and again as time goes by. */
  show(make: () => string): void;
  /** Takes the line away, for something else to be printed; `show` and time bring it back. */
  clear(): void;
  /** Takes it away for good. */
  end(): void;
}

/** Least time between two drawings, and how often the time in the line is brought up to date, in ms. */
const DRAW_MS = 50;
const TICK_MS = 200;

/** A line that is as wide as the terminal at most. */
export function liveLine(io: Pick<Io, 'err' | 'errIsTerminal' | 'columns' | 'env'>, clock: Clock): LiveLine {
  const isDrawn = io.errIsTerminal && io.env['TERM'] !== 'dumb';
  let make: (() => string) | undefined;
  let isThere = false;
  let drawn = -Infinity;
  let cancel: (() => void) | undefined;

  function draw(): void {
    if (!make) return;
    drawn = clock.monotonic();
    isThere = true;
    io.err(`\r\u001b[K${narrowed(make(), io.columns - 1)}`);
  }

  function tick(): void {
    draw();
    cancel = clock.after(TICK_MS, tick);
  }

  function clear(): void {
    if (isThere) io.err('\r\u001b[K');
    isThere = false;
  }

  return {
    show(text) {
      if (!isDrawn) return;
      make = text;
      if (clock.monotonic() - drawn >= DRAW_MS) draw();
      cancel ??= clock.after(TICK_MS, tick);
    },
    clear,
    end() {
      make = undefined;
      cancel?.();
      cancel = undefined;
      clear();
    },
  };
}

/** The text on one line of at most so many columns; what is not ASCII may take two. */
function narrowed(text: string, columns: number): string {
  const line = brief(text, Math.max(3, columns));
  let width = 0;
  let end = 0;
  for (const character of line) {
    width += character > '~' ? 2 : 1;
    if (width > columns) break;
    end += character.length;
  }
  return line.slice(0, end);
}
