import { styleText } from 'node:util';
import type { Io } from '../io.ts';
import type { Setting } from './settings.ts';
import type { Stage } from './stage.ts';
import { steps, type Progress, type StepName } from './steps.ts';

type Style = Parameters<typeof styleText>[0];

/** Prints what a demo's audience sees: one line as each thing happens. */
export class Show {
  private readonly io: Io;
  private readonly began: number;
  private readonly now: () => number;

  constructor(io: Io, now: () => number) {
    this.io = io;
    this.now = now;
    this.began = now();
  }

  title(text: string): void {
    this.io.out(`\n${this.styled('bold', text)}\n\n`);
  }

  line(text: string): void {
    const seconds = ((this.now() - this.began) / 1000).toFixed(1).padStart(5);
    this.io.out(`${this.styled('dim', `${seconds} s`)}  ${text}\n`);
  }

  /** A step that a member has just taken. */
  step(name: StepName, member: string): void {
    const index = steps.findIndex((step) => step.name === name);
    this.line(
      `${this.styled('green', `✔ ${index + 1}`)} ${this.styled('bold', member)} ${steps[index]?.title ?? name}`,
    );
  }

  refused(member: string, why: string): void {
    this.line(`${this.styled('red', '✘')}   ${this.styled('bold', member)} ${why}`);
  }

  /** Text of more lines, set in. */
  block(text: string): void {
    this.io.out(`${text.trimEnd().replace(/^/gm, '         ')}\n`);
  }

  summary(progress: Progress, refused: ReadonlyMap<string, boolean>): void {
    this.title('Summary');
    for (const [index, { name, title }] of steps.entries()) {
      const missing = progress.missing(name);
      const mark = missing.length === 0 ? this.styled('green', '✔') : this.styled('red', '✘');
      const rest = missing.length === 0 ? '' : this.styled('red', ` (not seen: ${missing.join(', ')})`);
      this.io.out(`  ${mark} ${index + 1} ${title}${rest}\n`);
    }
    for (const [id, done] of refused) {
      const mark = done ? this.styled('green', '✔') : this.styled('red', '✘');
      this.io.out(`  ${mark}   ${id}, which nobody launched, was ${done ? '' : 'not '}refused\n`);
    }
  }

  whereToLook(stage: Stage, setting: Setting): void {
    this.title('Where to look next');
    for (const line of setting.lookHere(stage)) this.io.out(`  ${line}\n`);
    this.io.out('\n');
  }

  styled(style: Style, text: string): string {
    return this.io.outIsTerminal && this.io.env.NO_COLOR === undefined ? styleText(style, text) : text;
  }
}
