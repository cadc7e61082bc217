import type { Command, CommandResult, Processes } from '../../lib/contracts/machine.ts';

/** The answers of commands that only look. */
export interface Inquiry {
  /** Runs the command, if it was not run before. Raises what running it raises. */
  ask(command: Command): Promise<CommandResult>;
  /** Something may have changed: all is asked anew. */
  forget(): void;
}

export function createInquiry(processes: Processes): Inquiry {
  const answers = new Map<string, Promise<CommandResult>>();
  return {
    ask(command) {
      const question = questionOf(command);
      const known = answers.get(question) ?? processes.run(command);
      answers.set(question, known);
      return known;
    },
    forget: () => answers.clear(),
  };
}

/** What makes two commands the same question. */
export function questionOf({ argv, cwd, env, runas, stdin }: Command): string {
  return JSON.stringify([argv, cwd, env, runas, stdin]);
}
