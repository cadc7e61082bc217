import { cliErrors } from '../lib/errors/cli.ts';

/** What a command line is given besides its words. */
export interface Input {
  readonly isTerminal: boolean;
  /** All of standard input. Raises `TS_CLI_TOO_MUCH_INPUT`. */
  all(): Promise<Buffer>;
  /** A line that is typed on the terminal and not shown there; undefined when it was broken off (Ctrl-C, Ctrl-D). */
  hidden(prompt: string): Promise<string | undefined>;
  /** A line that is typed on the terminal; undefined when it was broken off. */
  line(prompt: string): Promise<string | undefined>;
}

const MOST_BYTES = 1024 * 1024;

/** Standard input of the process. */
export const processInput: Input = {
  get isTerminal() {
    return process.stdin.isTTY === true;
  },
  async all() {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of process.stdin) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length > MOST_BYTES) throw cliErrors.tooMuchInput({ most: MOST_BYTES });
    }
    return Buffer.concat(parts);
  },
  hidden(prompt) {
    const { stdin, stderr } = process;
    stderr.write(prompt);
    stdin.setRawMode(true);
    stdin.resume();
    let typed: string[] = [];
    return new Promise((resolve) => {
      const end = (line: string | undefined): void => {
        stdin.off('data', take);
        stdin.setRawMode(false);
        stdin.pause();
        stderr.write('\n');
        resolve(line);
      };
      const take = (bytes: Buffer): void => {
        for (const character of bytes.toString('utf8')) {
          if (character === '\r' || character === '\n') return end(typed.join(''));
          if (character === '\u0003' || character === '\u0004') return end(undefined);
          if (character === '\u0015') typed = [];
          else if (character === '\u007f' || character === '\b') typed.pop();
          else typed.push(character);
        }
      };
      stdin.on('data', take);
    });
  },
  async line(prompt) {
    const { createInterface } = await import('node:readline');
    const { stdin: input, stderr: output } = process;
    const lines = createInterface({ input, output });
    return new Promise((resolve) => {
      const brokenOff = (): void => {
        output.write('\n');
        resolve(undefined);
      };
      lines.once('close', brokenOff);
      lines.question(prompt, (line) => {
        lines.off('close', brokenOff);
        lines.close();
        resolve(line);
      });
    });
  },
};
