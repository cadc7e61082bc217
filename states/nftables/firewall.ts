import path from 'node:path';
import * as v from 'valibot';
import type { Command, Reading, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { whyNotRunning } from '../../lib/system/running-system.ts';
import { parseRuleset, printRuleset, type Table } from './ruleset.ts';

/* What the functions of `nftables` have in common. */

export const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z_][A-Za-z0-9_./\\-]{0,127}$/, 'a name of letters, digits and _, without blanks'),
);

/** Salt's names for nft's families, and nft's own. */
const families = {
  ipv4: 'ip',
  ip: 'ip',
  ipv6: 'ip6',
  ip6: 'ip6',
  inet: 'inet',
  arp: 'arp',
  bridge: 'bridge',
  netdev: 'netdev',
};
export type Family = keyof typeof families;

export const family = v.optional(
  v.picklist(Object.keys(families) as Family[], `one of ${Object.keys(families).join(', ')}`),
  'ipv4',
);

export function familyOf(given: Family): string {
  return families[given];
}

export const save = v.optional(
  v.union([v.boolean(), v.pipe(v.string(), v.startsWith('/', 'an absolute path'))], 'true, false or an absolute path'),
  false,
);

const listCommand: Command = { argv: ['nft', '--handle', 'list', 'ruleset'] };
/** Without handles and counters: what a file holds. */
const savedCommand: Command = { argv: ['nft', '--stateless', 'list', 'ruleset'] };
const head = '#!/usr/sbin/nft -f\nflush ruleset\n\n';

export interface Common {
  readonly family: Family;
  readonly save?: boolean | string;
}

export interface FirewallFacts {
  readonly problem?: string | undefined;
  readonly tables: readonly Table[];
  /** Whether the file of saved rules holds what is there. */
  readonly isSaved: boolean;
  readonly hasFolder: boolean;
}

export async function readFirewall({ save: saving }: Common, machine: Reading): Promise<FirewallFacts> {
  const { files, opts } = machine;
  const problem = whyNotRunning(opts, 'Rules of nftables') ?? lacking(files, 'nft', 'A rule of nftables', 'nftables');
  if (problem !== undefined) return { problem, tables: [], isSaved: true, hasFolder: true };
  const { code, stdout, stderr } = await machine.ask(listCommand);
  if (code !== 0) {
    const said = stderr.trim().split('\n')[0] ?? '';
    return { problem: `The rules of nftables can't be read: ${said}`, tables: [], isSaved: true, hasFolder: true };
  }
  const tables = parseRuleset(stdout);
  const place = placeOf(saving);
  if (place === undefined) return { tables, isSaved: true, hasFolder: true };
  const saved = files.follow(place)?.kind === 'file' ? files.read(place).toString('utf8') : undefined;
  const now = saved === undefined ? undefined : await machine.ask(savedCommand);
  return {
    tables,
    isSaved:
      now !== undefined && saved !== undefined && withoutRemarks(saved) === withoutRemarks(`${head}${now.stdout}`),
    hasFolder: files.follow(path.dirname(place)) !== undefined,
  };
}

function withoutRemarks(text: string): string {
  return text.replace(/^#.*\n/gm, '');
}

/** Debian's nftables.service loads this one at boot. */
function placeOf(saving: Common['save']): string | undefined {
  if (saving === undefined || saving === false) return undefined;
  return typeof saving === 'string' ? saving : '/etc/nftables.conf';
}

export interface Wanted {
  /** What nft is told, one command after the other. Empty: it is right already. */
  readonly commands: readonly string[];
  /** How the tables are then. */
  readonly tables: readonly Table[];
  readonly changes: Plan['changes'];
  readonly right: string;
  readonly planned: string;
  readonly done: string;
}

/** The plan of some commands, with the saving of what comes of them where that is wanted. */
export function planFirewall({ save: saving }: Common, facts: FirewallFacts, wanted: Wanted): Plan {
  if (facts.problem !== undefined) return impossible(facts.problem);
  const { commands, tables, changes, right, planned, done } = wanted;
  const place = placeOf(saving);
  const isKept = place !== undefined && (commands.length > 0 || !facts.isSaved);
  if (commands.length === 0 && !isKept) return alreadyRight(right);
  const answers = [{ command: listCommand, stdout: printRuleset(tables) }];
  const steps: Step[] = commands.map((text) => ({
    do: 'run',
    command: { argv: ['nft', '--', text] },
    must: true,
    answers,
  }));
  if (isKept && !facts.hasFolder) steps.push({ do: 'mkdir', path: path.dirname(place), parents: true });
  if (isKept) steps.push({ do: 'run', command: savedCommand, must: true, into: { path: place, head } });
  return {
    changes: isKept ? { ...changes, saved: place } : changes,
    comment: `${commands.length > 0 ? planned : right}${isKept ? `\nThe rules would be saved to ${place}` : ''}`,
    done: `${commands.length > 0 ? done : right}${isKept ? `\nSaved the rules to ${place}` : ''}`,
    steps,
  };
}
