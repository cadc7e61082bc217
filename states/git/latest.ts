import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { access, checkAccess, refName, repository } from './args.ts';
import { readLatest, type LatestFacts } from './latest-facts.ts';
import { planBare } from './latest-bare.ts';
import { planClone } from './latest-clone.ts';
import { planUpdate } from './latest-update.ts';

export const args = v.strictObject({
  name: repository,
  target: arg.absolutePath,
  rev: v.optional(refName, 'HEAD'),
  branch: v.optional(refName),
  update_head: arg.flag(true),
  force_checkout: arg.flag(false),
  force_clone: arg.flag(false),
  force_fetch: arg.flag(false),
  force_reset: v.optional(
    v.union([v.boolean(), v.literal('remote-changes')], "true, false or 'remote-changes'"),
    false,
  ),
  submodules: arg.flag(false),
  bare: arg.flag(false),
  mirror: arg.flag(false),
  remote: v.optional(refName, 'origin'),
  fetch_tags: arg.flag(true),
  sync_tags: arg.flag(true),
  depth: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  refspec_branch: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9*][\w./*-]*$/, 'a pattern of branches')), '*'),
  refspec_tag: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9*][\w./*-]*$/, 'a pattern of tags')), '*'),
  ...access,
});

export type LatestArgs = v.InferOutput<typeof args>;

export default defineState<typeof args, LatestFacts>({
  summary:
    'A repository is cloned, and at the newest commit of a branch, or at a tag or a commit. In test mode, too, the repository elsewhere is asked what it has, which changes nothing.',
  example: `
https://git.example.org/app.git:
  git.latest:
    - target: /srv/app
    - rev: main
    - branch: main
    - user: app
`,
  args,
  reads: ['files', 'accounts'],
  check(given) {
    if (given.rev !== 'HEAD' && (given.bare || given.mirror))
      return "'rev' is not compatible with the 'mirror' and 'bare' arguments";
    return checkAccess(given.name, given);
  },
  read: readLatest,

  plan(given, facts): Plan {
    if (facts.problem !== undefined) return impossible(facts.problem);
    if (!facts.checkout) return planClone(given, facts);
    return given.bare || given.mirror
      ? planBare(given, facts, facts.checkout)
      : planUpdate(given, facts, facts.checkout);
  },
});
