import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { checkUnit, readUnit } from './facts.ts';

export default defineState({
  summary: 'A service can be started by nobody and nothing.',
  example: `
apache2:
  service.masked
`,
  args: v.strictObject({ name: v.string() }),
  reads: ['services', 'files'],
  check: checkUnit,
  read: readUnit,

  plan({ name }, facts): Plan {
    if (facts.unavailable !== undefined) return impossible(`Services can't be managed here: ${facts.unavailable}`);
    if (facts.masked) return alreadyRight(`Service ${name} is already masked`);
    return {
      changes: { masked: { old: false, new: true } },
      comment: `Service ${name} would be masked`,
      done: `Service ${name} was masked`,
      steps: [{ do: 'service', unit: name, action: 'mask' }],
    };
  },
});
