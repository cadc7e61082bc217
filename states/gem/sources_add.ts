import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callGem } from './gems.ts';
import { readSources, sourceArgs, type SourceFacts } from './sources.ts';

export default defineState<typeof sourceArgs, SourceFacts>({
  summary: 'Gems are also looked for at this address.',
  example: `
https://gems.example.org/:
  gem.sources_add: []
`,
  args: sourceArgs,
  reads: ['files', 'accounts', 'packages'],
  read: readSources,

  plan(given, { problem, isThere }): Plan {
    const { name } = given;
    if (problem !== undefined) return impossible(problem);
    if (isThere) return alreadyRight('Gem source is already added.');
    return {
      changes: { [name]: 'Installed' },
      comment: `The gem source ${name} would have been added.`,
      done: 'Gem source was successfully added.',
      steps: [{ do: 'run', command: callGem(given, ['sources', '--add', name]), must: true }],
    };
  },
});
