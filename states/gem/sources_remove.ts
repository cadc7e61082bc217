import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callGem } from './gems.ts';
import { readSources, sourceArgs, type SourceFacts } from './sources.ts';

export default defineState<typeof sourceArgs, SourceFacts>({
  summary: 'Gems are not looked for at this address.',
  example: `
https://rubygems.org/:
  gem.sources_remove: []
`,
  args: sourceArgs,
  reads: ['files', 'accounts', 'packages'],
  read: readSources,

  plan(given, { problem, isThere }): Plan {
    const { name } = given;
    if (problem !== undefined) return impossible(problem);
    if (!isThere) return alreadyRight('Gem source is already removed.');
    return {
      changes: { [name]: 'Removed' },
      comment: 'The gem source would have been removed.',
      done: 'Gem source was successfully removed.',
      steps: [{ do: 'run', command: callGem(given, ['sources', '--remove', name]), must: true }],
    };
  },
});
