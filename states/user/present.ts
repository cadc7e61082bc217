import { defineState, impossible } from '../../lib/contracts/state.ts';
import { checkUserArgs, userArgs } from './args.ts';
import { planChange } from './change.ts';
import { planNew } from './create.ts';
import { readUser, type UserFacts } from './facts.ts';
import { passwordWarnings } from './password.ts';

export default defineState<typeof userArgs, UserFacts>({
  summary: 'A user exists, with these numbers, groups, home, shell and password.',
  example: `
deploy:
  user.present:
    - fullname: Deployment
    - shell: /bin/bash
    - home: /srv/deploy
    - groups: [adm]
`,
  args: userArgs,
  reads: ['accounts', 'files'],
  check: checkUserArgs,
  read: readUser,
  plan(given, facts) {
    const plan = facts.there ? planChange(given, facts, facts.there) : planNew(given, facts);
    const { problem } = facts;
    if (problem !== undefined && (plan.steps.length > 0 || plan.impossible)) return impossible(problem);
    const warnings = passwordWarnings(given);
    return warnings.length > 0 ? { ...plan, warnings } : plan;
  },
});
