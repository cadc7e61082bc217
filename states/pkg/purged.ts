import * as v from 'valibot';
import { defineState, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, type PackagesFacts } from './facts.ts';
import { planRemoval } from './removal.ts';
import { reportPackages } from './report.ts';
import { checkPackages, packageArgs, version, wantedPackages } from './wanted.ts';

export default defineState({
  summary: 'Packages are not installed, and nothing of their configuration is left.',
  example: `
telnet:
  pkg.purged
`,
  args: v.strictObject({
    ...packageArgs,
    version,
    normalize: v.optional(v.boolean()),
    ignore_epoch: v.optional(v.boolean()),
  }),
  reads: ['packages'],
  check: checkPackages,

  read(args, machine): Promise<PackagesFacts> {
    return readPresent(
      machine,
      wantedPackages(args).map((one) => one.name),
    );
  },

  plan: (args, facts): Plan => planRemoval(wantedPackages(args), true, facts, args.ignore_epoch),

  report(plan, results) {
    const outcome = reportPackages(plan, results);
    const removed = outcome.result ? (plan.changes['removed'] ?? {}) : {};
    return { ...outcome, changes: { installed: outcome.changes, removed } };
  },
});
