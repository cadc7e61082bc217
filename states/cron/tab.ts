import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { crontabText, readCrontab, type CronEntry, type Crontab } from '../../lib/system/crontab.ts';

/* What the functions of cron have in common. */

export const user = v.optional(accountName, 'root');

export const command = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'a command'),
  v.regex(/^[^\r\n\0]*$/, 'a command on one line'),
);

/** What identifies a job although its command changes: the name where none is given, nothing when it is empty. */
export const identifier = v.optional(
  v.pipe(
    v.union([v.string(), v.number(), v.literal(false)], 'text'),
    v.transform((given) => (given === false ? undefined : String(given))),
    v.optional(v.pipe(v.string(), v.regex(/^[^\r\n\0]*$/, 'one line'))),
  ),
);

export interface TabFacts {
  readonly problem?: string | undefined;
  readonly tab: Crontab;
}

export function readTab({ user: name }: { readonly user: string }, { files, accounts }: Reading): TabFacts {
  const problem =
    accounts.uid(name) === undefined
      ? `User ${name} does not exist`
      : lacking(files, 'crontab', 'Managing crontabs', 'cron');
  return { problem, tab: readCrontab(files, name) };
}

/** crontab(1) installs a text, and refuses one that cron could not read. */
export function install(name: string, { path, text: old }: Crontab, text: string): Step {
  return {
    do: 'run',
    command: { argv: ['crontab', '-u', name, '-'], stdin: text },
    must: true,
    foretells: old === text ? [] : [{ do: 'write', path, content: Buffer.from(text), mode: 0o600 }],
  };
}

interface Words {
  readonly comment: string;
  readonly done: string;
}

/** The plan of a crontab with other entries. */
export function planTab(
  given: { readonly name: string; readonly user: string },
  { problem, tab }: TabFacts,
  entries: readonly CronEntry[],
  words: Words,
): Plan {
  if (problem !== undefined) return impossible(problem);
  return {
    changes: { [given.user]: given.name },
    ...words,
    steps: [install(given.user, tab, crontabText(tab, entries))],
  };
}

/** Nothing to do, if anything can be done here at all. */
export function rightTab({ problem }: TabFacts, comment: string): Plan {
  return problem === undefined ? alreadyRight(comment) : impossible(problem);
}
