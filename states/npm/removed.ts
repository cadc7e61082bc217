import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callNpm, commonArgs, readModules, type NpmFacts } from './modules.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^(@[\w.-]+\/)?[\w.][\w.-]*$/, 'the name of a package, without a version')),
  ...commonArgs,
});

export default defineState<typeof args, NpmFacts>({
  summary: 'A package of npm is not installed.',
  example: `
left-pad:
  npm.removed:
    - dir: /srv/app
`,
  args,
  reads: ['files', 'accounts', 'packages'],
  read: readModules,

  plan(given, { problem, modules }): Plan {
    const { name } = given;
    if (problem !== undefined) return impossible(`Error uninstalling '${name}': ${problem}`);
    if (!modules[name]) return alreadyRight(`Package '${name}' is not installed`);
    return {
      changes: { [name]: 'Removed' },
      comment: `Package '${name}' is set to be removed`,
      done: `Package '${name}' was successfully removed`,
      steps: [{ do: 'run', command: callNpm(given, ['uninstall', name]), must: true }],
    };
  },
});
