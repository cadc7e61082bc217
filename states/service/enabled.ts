import * as v from 'valibot';
import { defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { planBoot } from './boot.ts';
import { checkUnit, readUnit } from './facts.ts';

export default defineState({
  summary: 'A service starts with the machine; whether it runs now is left alone.',
  example: `
ssh:
  service.enabled
`,
  args: v.strictObject({ name: v.string() }),
  reads: ['services', 'files'],
  check: checkUnit,
  read: readUnit,

  plan({ name }, facts): Plan {
    if (facts.unavailable !== undefined) return impossible(`Services can't be managed here: ${facts.unavailable}`);
    if (!facts.exists) return impossible(`The named service ${name} is not available`);
    return planBoot(name, true, facts);
  },
});
