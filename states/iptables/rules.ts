import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { impossible, type Plan } from '../../lib/contracts/state.ts';
import { chain, commandOf, family, planFirewall, readFirewall, save, table, type FirewallFacts } from './firewall.ts';
import { canonical, policyOf, rulesOf, showWords, withoutRule, withRule } from './listing.ts';
import { ruleOptions, wordsOf, type RuleOptions } from './rule.ts';

/* `append`, `insert` and `delete`: one rule, or several under `rules`. */

const position = v.optional(v.pipe(v.number(), v.integer(), v.notValue(0, 'a place from 1, or from the end: -1')));

export const ruleArgs = {
  name: v.string(),
  table,
  chain: v.optional(chain),
  family,
  save,
  position,
  /** Several rules, each with arguments of its own. */
  rules: v.optional(v.array(v.record(v.string(), v.unknown()))),
  options: ruleOptions,
};

const schema = v.strictObject(ruleArgs);
const ruleSchema = v.looseObject({
  name: v.optional(v.string()),
  table,
  chain,
  family: v.optional(v.string()),
  position,
});
export type RuleArgs = v.InferOutput<typeof schema>;

interface Rule {
  readonly name: string;
  readonly table: string;
  readonly chain: string;
  readonly position: number | undefined;
  readonly words: readonly string[];
}

/** The rules that are wanted; as text what is wrong with how they are written. */
function rulesWanted(given: RuleArgs): readonly Rule[] | string {
  const { name, table: inTable, chain: inChain, options, position: at, rules } = given;
  if (rules === undefined) {
    if (inChain === undefined) return 'the argument chain is missing';
    const words = wordsOf(options);
    return typeof words === 'string' ? words : [{ name, table: inTable, chain: inChain, position: at, words }];
  }
  const found: Rule[] = [];
  for (const [index, one] of rules.entries()) {
    const own = { table: inTable, chain: inChain, position: at, ...one };
    const parsed = v.safeParse(ruleSchema, own);
    if (!parsed.success) return `rule ${index + 1}: ${parsed.issues[0].message}`;
    const { name: title, table: ofRule, chain: to, family: kind, position: place, save: _, ...rest } = parsed.output;
    if (kind !== undefined && kind !== given.family) return `rule ${index + 1}: the family is said once for all rules`;
    const parsedRest = v.safeParse(ruleOptions, { ...options, ...rest });
    if (!parsedRest.success) return `rule ${index + 1}: ${parsedRest.issues[0].message}`;
    const words = wordsOf(parsedRest.output as RuleOptions);
    if (typeof words === 'string') return `rule ${index + 1}: ${words}`;
    found.push({ name: title ?? name, table: ofRule, chain: to, position: place, words });
  }
  return found;
}

export function checkRules(given: RuleArgs): string | undefined {
  const rules = rulesWanted(given);
  return typeof rules === 'string' ? rules : undefined;
}

export interface RuleFacts extends FirewallFacts {
  /** Which of the rules are there. */
  readonly present: readonly boolean[];
}

export async function readRules(given: RuleArgs, machine: Reading): Promise<RuleFacts> {
  const facts = await readFirewall(given, machine);
  const rules = rulesWanted(given);
  if (facts.problem !== undefined || typeof rules === 'string') return { ...facts, present: [] };
  const present: boolean[] = [];
  for (const rule of rules) present.push(await isThere(rule, given.family, facts.listing, machine));
  return { ...facts, present };
}

/** A rule that the listing shows is there; of one that it does not, iptables itself knows whether it is written otherwise. */
async function isThere(rule: Rule, kind: RuleArgs['family'], listing: string, machine: Reading): Promise<boolean> {
  const wanted = canonical(rule.words);
  const rules = rulesOf(listing, rule);
  if (rules.some((words) => canonical(words) === wanted)) return true;
  if (rules.length === 0) return false;
  const { code } = await machine.ask({ argv: commandOf(kind, rule.table, '-C', rule.chain, ...rule.words) });
  return code === 0;
}

export function planRules(given: RuleArgs, facts: RuleFacts, how: 'append' | 'insert' | 'delete'): Plan {
  const rules = rulesWanted(given);
  if (typeof rules === 'string') return impossible(rules);
  const { family: kind } = given;
  const absent = rules.find((rule) => policyOf(facts.listing, rule) === undefined);
  if (facts.problem === undefined && absent !== undefined && how !== 'delete')
    return impossible(`There is no chain ${absent.chain} in table ${absent.table} for ${kind}`);
  let { listing } = facts;
  const commands: (readonly string[])[] = [];
  const [right, planned, done, changed]: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const [index, rule] of rules.entries()) {
    const command = commandFor(rule, given, how, listing);
    const shown = showWords(command);
    if ((facts.present[index] === true) === (how !== 'delete')) {
      const said = said_right[how]
        .replace('NAME', rule.name)
        .replace('FAMILY', kind)
        .replace('RULE', () => shown);
      for (const list of [right, planned, done]) list.push(said);
      continue;
    }
    commands.push(command);
    changed.push(rule.name);
    planned.push(
      said_planned[how]
        .replace('NAME', rule.name)
        .replace('FAMILY', kind)
        .replace('RULE', () => shown),
    );
    done.push(
      said_done[how]
        .replace('NAME', rule.name)
        .replace('FAMILY', kind)
        .replace('RULE', () => shown),
    );
    listing =
      how === 'delete'
        ? withoutRule(listing, rule, rule.words)
        : withRule(listing, rule, rule.words, how === 'insert' ? placeOf(rule, listing) : undefined);
  }
  const [only = ''] = changed;
  return planFirewall(given, facts, {
    commands,
    listing,
    changes: changed.length === 0 ? {} : { locale: given.rules === undefined ? only : changed },
    right: right.join('\n'),
    planned: planned.join('\n'),
    done: done.join('\n'),
  });
}

// Salt's words.
const said_right = {
  append: 'iptables rule for NAME already set (RULE) for FAMILY',
  insert: 'iptables rule for NAME already set for FAMILY (RULE)',
  delete: 'iptables rule for NAME already absent for FAMILY (RULE)',
};
const said_planned = {
  append: 'iptables rule for NAME needs to be set (RULE) for FAMILY',
  insert: 'iptables rule for NAME needs to be set for FAMILY (RULE)',
  delete: 'iptables rule for NAME needs to be deleted for FAMILY (RULE)',
};
const said_done = {
  append: 'Set iptables rule for NAME to: RULE for FAMILY',
  insert: 'Set iptables rule for NAME to: RULE for FAMILY',
  delete: 'Delete iptables rule for NAME RULE',
};

function commandFor(rule: Rule, given: RuleArgs, how: keyof typeof said_right, listing: string): readonly string[] {
  const { table: inTable, chain: to, words } = rule;
  if (how === 'append') return commandOf(given.family, inTable, '-A', to, ...words);
  if (how === 'delete') return commandOf(given.family, inTable, '-D', to, ...words);
  return commandOf(given.family, inTable, '-I', to, String(placeOf(rule, listing)), ...words);
}

/** The number that the new rule will have; from the end, -1 is the last. */
function placeOf({ table: inTable, chain: to, position: at = 1 }: Rule, listing: string): number {
  if (at > 0) return at;
  return Math.max(1, rulesOf(listing, { table: inTable, chain: to }).length + at + 1);
}
