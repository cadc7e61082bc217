import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecFunction } from '../../lib/contracts/execution.ts';
import type { Json } from '../../lib/json.ts';
import { parseTarget } from '../../lib/target/target.ts';
import { anything } from './arguments.ts';

const delimiter = v.optional(v.pipe(v.string(), v.minLength(1)), ':');

/** Whether a target means this minion, or one with another id and the same grains and pillar. */
function isMeant(context: ExecContext, target: string, type: string, id = context.id, between = ':'): boolean {
  const { grains } = context;
  const matcher = parseTarget(target, type, {
    // Most targets ask for none of them.
    get nodegroups() {
      return context.nodegroups;
    },
    delimiter: between,
  });
  return (
    matcher({
      id,
      grains,
      // Most targets ask for none of it.
      get pillar() {
        return context.pillar;
      },
    }) === true
  );
}

function matching(type: string, what: string): ExecFunction {
  return defineFunction({
    summary: `Whether ${what} means this minion.`,
    args: v.strictObject({ tgt: v.string(), minion_id: v.optional(v.string()), delimiter }),
    sync: true,
    run: ({ tgt, minion_id: id, delimiter: between }, context) => isMeant(context, tgt, type, id, between),
  });
}

/** Targets, as top files and the command line have them. */
export default defineModule({
  compound: matching('compound', 'a compound target (`G@os:Debian and web*`)'),
  glob: matching('glob', 'a glob of ids'),
  pcre: matching('pcre', 'a regular expression of ids'),
  list: matching('list', 'a list of ids, with commas'),
  grain: matching('grain', 'a grain with a glob (`os:Deb*`)'),
  grain_pcre: matching('grain_pcre', 'a grain with a regular expression'),
  pillar: matching('pillar', 'a value of pillar with a glob (`role:web*`)'),
  pillar_pcre: matching('pillar_pcre', 'a value of pillar with a regular expression'),
  ipcidr: matching('ipcidr', 'an address or a network (`10.0.0.0/8`)'),
  nodegroup: matching('nodegroup', 'a nodegroup of the master, or of the minion'),
  filter_by: defineFunction({
    summary: 'The value of the first target of a map that means this minion, else that of `default`.',
    args: v.strictObject({
      lookup: v.record(v.string(), anything),
      tgt_type: v.optional(v.string(), 'compound'),
      minion_id: v.optional(v.string()),
      default: v.optional(v.string(), 'default'),
    }),
    sync: true,
    run({ lookup, tgt_type: type, minion_id: id, default: fallback }, context) {
      const found = Object.keys(lookup).find((target) => target !== fallback && isMeant(context, target, type, id));
      return (lookup[found ?? fallback] ?? null) as Json;
    },
  }),
});
