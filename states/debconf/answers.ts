import type { CommandStep, Reading } from '../../lib/contracts/machine.ts';
import { lacking } from '../../lib/programs.ts';

/* Answers to the questions of Debian's packages: read from debconf's database, given by debconf-set-selections(1). */

export interface Answer {
  readonly owner: string;
  readonly question: string;
  readonly type: string;
  readonly value: string;
}

export interface AnswerFacts {
  readonly problem?: string | undefined;
  /** `owner question` to the value that is set. */
  readonly known: Readonly<Record<string, string>>;
}

const databases = ['/var/cache/debconf/config.dat', '/var/cache/debconf/passwords.dat'];

export function readAnswers({ files }: Reading): AnswerFacts {
  const problem = lacking(files, 'debconf-set-selections', 'An answer for debconf', 'debconf');
  if (problem !== undefined) return { problem, known: {} };
  const known: Record<string, string> = {};
  for (const path of databases) {
    if (files.follow(path)?.kind !== 'file') continue;
    for (const stanza of files.read(path).toString().split(/\n\n+/)) {
      const field = (name: string): string | undefined => new RegExp(`^${name}: ?(.*)$`, 'm').exec(stanza)?.[1];
      const [question, value, owners] = [field('Name'), field('Value'), field('Owners')];
      if (question === undefined || value === undefined) continue;
      for (const owner of (owners ?? '').split(',')) known[`${owner.trim()} ${question}`] = value;
    }
  }
  return { known };
}

export const isGiven = ({ known }: AnswerFacts, { owner, question, value }: Answer): boolean =>
  known[`${owner} ${question}`] === value;

/** Answers may be passwords: they go to the program by its input. */
export function giveAnswers(answers: readonly Answer[]): CommandStep {
  const lines = answers.map(({ owner, question, type, value }) => `${owner} ${question} ${type} ${value}\n`);
  return {
    do: 'run',
    command: { argv: ['debconf-set-selections'], env: { LC_ALL: 'C.UTF-8' }, stdin: lines.join('') },
    must: true,
  };
}

/** What may be shown of an answer. */
export const shown = ({ type, value }: Answer): string => (type === 'password' ? '(password hidden)' : value);

/** Reads a file of selections: lines of `owner question type value`; gives the number of a line that is none. */
export function parseSelections(text: string): Answer[] | number {
  const answers: Answer[] = [];
  for (const [at, line] of text.replaceAll('\\\n', '').split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, owner = '', question = '', type = '', value = ''] =
      /^\s*(\S+)\s+(\S+)\s+(\S+)(?:[ \t](.*))?$/.exec(line) ?? [];
    if (type === '') return at + 1;
    // Whether a question was seen is no answer.
    if (type !== 'seen') answers.push({ owner, question, type, value });
  }
  return answers;
}
