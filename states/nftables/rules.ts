import * as v from 'valibot';
import { impossible, type Plan } from '../../lib/contracts/state.ts';
import { family, familyOf, name, planFirewall, save, type FirewallFacts } from './firewall.ts';
import { ruleArgs as parts, ruleText, tagOf } from './rule.ts';
import { canonical, commentOf, findChain, withRules, type Rule } from './ruleset.ts';

/* `append`, `insert` and `delete`: one rule of a chain. */

export const ruleArgs = {
  name: v.string(),
  table: v.optional(name, 'filter'),
  chain: name,
  family,
  save,
  ...parts,
};

const schema = v.strictObject(ruleArgs);
export type RuleArgs = v.InferOutput<typeof schema>;

export function checkRule(given: RuleArgs): string | undefined {
  const made = ruleText(given, familyOf(given.family));
  return 'problem' in made ? made.problem : undefined;
}

export type How = { readonly do: 'append' | 'delete' } | { readonly do: 'insert'; readonly position: number };

export function planRule(given: RuleArgs, facts: FirewallFacts, how: How): Plan {
  const { name: title, table, chain, family: kind } = given;
  const made = ruleText(given, familyOf(kind));
  if ('problem' in made) return impossible(made.problem);
  if (facts.problem !== undefined) return impossible(facts.problem);
  const place = { family: familyOf(kind), table };
  const found = findChain(facts.tables, place, chain);
  if (found === undefined && how.do !== 'delete')
    return impossible(`Chain ${chain} in table ${table} in family ${kind} does not exist`);
  const wanted = canonical(made.text);
  const tag = tagOf(made.text);
  const there = (found?.rules ?? []).find(({ text }) => canonical(text) === wanted || commentOf(text) === tag);
  const isRight = (there === undefined) === (how.do === 'delete');
  const where = `${place.family} ${table} ${chain}`;
  const hasRemark = commentOf(made.text) !== undefined;
  const text = hasRemark ? made.text : `${made.text} comment "${given.comment ?? tag}"`;
  const index = how.do === 'insert' ? indexOf(how.position, found?.rules ?? []) : 0;
  const command =
    how.do === 'append'
      ? `add rule ${where} ${text}`
      : how.do === 'insert'
        ? `insert rule ${where} ${index > 0 ? `index ${index} ` : ''}${text}`
        : `delete rule ${where} handle ${there?.handle ?? 0}`;
  const shown = `nft ${how.do === 'delete' ? `delete rule ${where} ${made.text}` : command}`;
  const said = {
    append: ['already set', 'needs to be set', `Set nftables rule for ${title} to: ${shown} for ${kind}`],
    insert: ['already set', 'needs to be set', `Set nftables rule for ${title} to: ${shown} for ${kind}`],
    delete: ['already absent', 'needs to be deleted', `Delete nftables rule for ${title} ${shown}`],
  }[how.do];
  const rule = { text, handle: 0 };
  return planFirewall(given, facts, {
    commands: isRight ? [] : [command],
    tables: isRight
      ? facts.tables
      : withRules(facts.tables, place, chain, (rules) =>
          how.do === 'delete'
            ? rules.filter((one) => one !== there)
            : how.do === 'insert'
              ? [...rules.slice(0, index), rule, ...rules.slice(index)]
              : [...rules, rule],
        ),
    changes: isRight ? {} : { locale: title },
    right: `nftables rule for ${title} ${said[0]} for ${kind} (${shown})`,
    planned: `nftables rule for ${title} ${said[1]} for ${kind} (${shown})`,
    done: said[2] ?? '',
  });
}

/** How many rules come before the new one; from the end, -1 is before the last. */
function indexOf(position: number, { length }: readonly Rule[]): number {
  return Math.max(0, Math.min(length, position > 0 ? position - 1 : length + position));
}
