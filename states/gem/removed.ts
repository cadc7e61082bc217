import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callGem, gemArgs, readGem, type GemFacts } from './gems.ts';

const args = v.strictObject(gemArgs);

export default defineState<typeof args, GemFacts>({
  summary: 'A gem is not installed, in any version.',
  example: `
sass:
  gem.removed
`,
  args,
  reads: ['files', 'accounts', 'packages'],
  read: readGem,

  plan(given, { problem, versions }): Plan {
    const { name } = given;
    if (problem !== undefined) return impossible(problem);
    if (versions.length === 0) return alreadyRight('Gem is not installed.');
    return {
      changes: { [name]: 'Removed' },
      comment: `The gem ${name} would have been removed`,
      done: 'Gem was successfully removed.',
      steps: [{ do: 'run', command: callGem(given, ['uninstall', name, '--all', '--executables']), must: true }],
    };
  },
});
