import path from 'node:path';
import * as v from 'valibot';
import type { Command, FileStep, Reading, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { whyNotRunning } from '../../lib/system/running-system.ts';
import { comparable } from './listing.ts';

/* What the functions of `iptables` have in common. */

const chainName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_.:+][A-Za-z0-9_.:+-]{0,27}$/, 'the name of a chain: up to 28 characters without blanks'),
);

export const chain = chainName;
export const table = v.optional(
  v.picklist(['filter', 'nat', 'mangle', 'raw', 'security'], 'a table of iptables'),
  'filter',
);
export const family = v.optional(v.picklist(['ipv4', 'ipv6'], 'ipv4 or ipv6'), 'ipv4');
/** Whether the rules are kept for the next boot, in the usual file or in another one. */
export const save = v.optional(
  v.union([v.boolean(), v.pipe(v.string(), v.startsWith('/', 'an absolute path'))], 'true, false or an absolute path'),
  false,
);

export interface Common {
  readonly family: 'ipv4' | 'ipv6';
  readonly save?: boolean | string;
}

export interface FirewallFacts {
  readonly problem?: string | undefined;
  /** What iptables-save prints. */
  readonly listing: string;
  /** What the file of saved rules holds. */
  readonly saved?: string | undefined;
  readonly hasFolder?: boolean;
}

export function program(family: Common['family']): string {
  return family === 'ipv4' ? 'iptables' : 'ip6tables';
}

function listCommand(family: Common['family']): Command {
  return { argv: [`${program(family)}-save`] };
}

/** The command, and the step of it, that does something to a table. */
export function commandOf(family: Common['family'], table: string, ...words: readonly string[]): readonly string[] {
  return [program(family), '--wait', '-t', table, ...words];
}

export async function readFirewall({ family, save }: Common, machine: Reading): Promise<FirewallFacts> {
  const { files, opts } = machine;
  const problem =
    whyNotRunning(opts, 'Rules of iptables') ?? lacking(files, program(family), 'A rule of iptables', 'iptables');
  if (problem !== undefined) return { problem, listing: '' };
  const { code, stdout, stderr } = await machine.ask(listCommand(family));
  if (code !== 0) return { problem: `The rules of iptables can't be read: ${stderr.trim()}`, listing: '' };
  const place = placeOf(family, save);
  if (place === undefined) return { listing: stdout };
  const saved = files.follow(place)?.kind === 'file' ? files.read(place).toString('utf8') : undefined;
  return { listing: stdout, saved, hasFolder: files.follow(path.dirname(place)) !== undefined };
}

/** The file that the rules are saved to; Debian's iptables-persistent loads the usual one at boot. */
function placeOf(family: Common['family'], save: boolean | string | undefined): string | undefined {
  if (save === undefined || save === false) return undefined;
  return typeof save === 'string' ? save : `/etc/iptables/rules.${family === 'ipv4' ? 'v4' : 'v6'}`;
}

export interface Wanted {
  /** What iptables is told, one command after the other. Empty: it is right already. */
  readonly commands: readonly (readonly string[])[];
  /** What iptables-save will print then. */
  readonly listing: string;
  readonly changes: Plan['changes'];
  readonly right: string;
  readonly planned: string;
  readonly done: string;
}

/** The plan of some commands, with the saving of what comes of them where that is wanted. */
export function planFirewall({ family, save }: Common, facts: FirewallFacts, wanted: Wanted): Plan {
  if (facts.problem !== undefined) return impossible(facts.problem);
  const { commands, listing, changes, right, planned, done } = wanted;
  const place = placeOf(family, save);
  const isSaved = place === undefined || (facts.saved !== undefined && comparable(facts.saved) === comparable(listing));
  if (commands.length === 0 && isSaved) return alreadyRight(right);
  const foretold = { command: listCommand(family), stdout: listing };
  const steps: Step[] = commands.map((argv) => ({ do: 'run', command: { argv }, must: true, answers: [foretold] }));
  if (place !== undefined && !isSaved) {
    if (facts.hasFolder !== true) steps.push({ do: 'mkdir', path: path.dirname(place), parents: true });
    const written: FileStep = { do: 'write', path: place, content: Buffer.from(listing) };
    const argv = [`${program(family)}-save`, '-f', place];
    steps.push({ do: 'run', command: { argv }, must: true, foretells: [written] });
  }
  const isKept = place !== undefined && !isSaved;
  return {
    changes: isKept ? { ...changes, saved: place } : changes,
    comment: `${commands.length > 0 ? planned : right}${isKept ? `\nThe rules would be saved to ${place}` : ''}`,
    done: `${commands.length > 0 ? done : right}${isKept ? `\nSaved the rules to ${place}` : ''}`,
    steps,
  };
}
