import type { Reading } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { parseIni, readIniFile, writeSteps, type IniFacts, type IniFile } from './ini-file.ts';

export interface IniArgs {
  readonly name: string;
  readonly separator: string;
  readonly encoding?: string | undefined;
}

export type Facts = { readonly problem: string } | IniFacts;

export function readIni(given: IniArgs, machine: Reading): Facts {
  const facts = readIniFile(given, machine);
  return typeof facts === 'string' ? { problem: facts } : facts;
}

/** The plan of what `edit` does to the file's lines; it gives the changes, and adds a line for each thing to `said`. */
export function planIni(given: IniArgs, facts: Facts, edit: (ini: IniFile, said: string[]) => JsonMap): Plan {
  if ('problem' in facts) return impossible(facts.problem);
  const ini = parseIni(facts.text, given.separator);
  const said: string[] = [];
  const changes = edit(ini, said);
  if (Object.keys(changes).length === 0) return alreadyRight('No anomaly detected');
  const steps = writeSteps(given, facts, ini);
  if (typeof steps === 'string') return impossible(`Unable to write file '${given.name}': ${steps}`);
  return { changes, comment: said.map((line) => `${line}.\n`).join(''), done: 'Changes take effect', steps };
}

/** What goes after an option's name in a message. */
export function inSection(section: string): string {
  return section === '' ? '' : ` in section ${section}`;
}
