import * as v from 'valibot';
import { defineState, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, type PackagesFacts } from './facts.ts';
import { planRemoval } from './removal.ts';
import { reportPackages } from './report.ts';
import { checkPackages, packageArgs, together, version, wantedPackages } from './wanted.ts';

export default defineState({
  summary: 'Packages are not installed; their configuration files may stay.',
  example: `
telnet:
  pkg.removed
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

  plan: (args, facts): Plan => planRemoval(wantedPackages(args), false, facts, args.ignore_epoch),

  aggregate: together,
  report: reportPackages,
});
