import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callPip, commonArgs, infoDirectory, readPip, type PipFacts } from '../../lib/packages/pip.ts';
import { pythonName } from '../../lib/packages/python-version.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'the name of a package, without a version')),
  ...commonArgs,
});

export default defineState<typeof args, PipFacts>({
  summary: 'A Python package is not installed.',
  example: `
requests:
  pip.removed:
    - bin_env: /opt/app/venv
`,
  args,
  reads: ['files', 'accounts'],
  read: (given, machine) => readPip(given, machine),

  plan(given, { problem, pip, there, site }): Plan {
    const { name } = given;
    if (problem !== undefined) return impossible(`Error uninstalling '${name}': ${problem}`);
    const found = there[pythonName(name)];
    if (!found) return alreadyRight('Package is not installed.');
    return {
      changes: { [name]: 'Removed' },
      comment: `Package ${name} is set to be removed`,
      done: 'Package was successfully removed.',
      steps: [
        {
          do: 'run',
          command: callPip(pip, ['uninstall', '--yes', '--', name], given),
          must: true,
          foretells:
            site === undefined ? [] : [{ do: 'remove', path: infoDirectory(site, pythonName(name), found.version) }],
        },
      ],
    };
  },
});
