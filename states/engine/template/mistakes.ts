import { together, TsaltError } from '../../../lib/errors/error.ts';

/** How often in all something may go wrong, in loops too, before the rest is not looked at any more. */
const most = 1000;

/** Codes of what ends a rendering. */
const ends = ['TS_TEMPLATE_TOO_LONG', 'TS_TEMPLATE_TOO_MUCH', 'TS_TEMPLATE_TOO_DEEP'];

/** What is wrong with a template: after one mistake the next is looked for, so that all are told at once. */
export class Mistakes {
  private readonly found: TsaltError[] = [];
  private left = most;

  /** What the work gives; undefined when it fails, which is noted. Raises what is no mistake of a template's author. */
  during<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (thrown) {
      this.note(thrown);
      return undefined;
    }
  }

  note(thrown: unknown): void {
    if (!(thrown instanceof TsaltError) || ends.includes(thrown.code) || this.left === 0) throw thrown;
    this.left--;
    const { place, sentence } = thrown;
    const isKnown = this.found.some((known) => known.place === place && known.sentence === sentence);
    if (!isKnown) this.found.push(thrown);
  }

  /** What the work gives. Raises the first mistake that was noted in it, with the others. */
  after<T>(work: () => T): T {
    let made: T;
    try {
      made = work();
    } catch (thrown) {
      if (thrown instanceof TsaltError) this.refuse();
      throw thrown;
    }
    this.refuse();
    return made;
  }

  private refuse(): void {
    const [first, ...more] = this.found;
    if (first) throw together(first, more);
  }
}
