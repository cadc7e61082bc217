import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { checkUnit, readUnit } from './facts.ts';

export default defineState({
  summary: 'A service can be started again.',
  example: `
apache2:
  service.unmasked
`,
  args: v.strictObject({ name: v.string() }),
  reads: ['services', 'files'],
  check: checkUnit,
  read: readUnit,

  plan({ name }, facts): Plan {
    if (facts.unavailable !== undefined) return impossible(`Services can't be managed here: ${facts.unavailable}`);
    if (!facts.masked) return alreadyRight(`Service ${name} was already unmasked`);
    return {
      changes: { masked: { old: true, new: false } },
      comment: `Service ${name} would be unmasked`,
      done: `Service ${name} was unmasked`,
      steps: [{ do: 'service', unit: name, action: 'unmask' }],
    };
  },
});
