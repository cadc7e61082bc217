import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { isMap } from '../../lib/json.ts';
import { callNpm, modulesIn, npmProblem, parse } from './modules.ts';
import { isInRange } from './semver.ts';

interface Facts {
  readonly problem?: string | undefined;
  /** Packages that `package.json` names and that are not there in such a version. */
  readonly missing: readonly string[];
}

const args = v.strictObject({
  name: arg.absolutePath,
  user: v.optional(arg.account),
  // What npm prints is shown only where it fails.
  silent: v.optional(v.boolean()),
});

export default defineState<typeof args, Facts>({
  summary: 'What the `package.json` of a directory needs is installed there.',
  example: `
/srv/app:
  npm.bootstrap: []
`,
  args,
  reads: ['files', 'accounts', 'packages'],

  read({ name, user }, machine): Facts {
    const problem = npmProblem({ dir: name, user }, machine);
    if (problem !== undefined) return { problem, missing: [] };
    const file = `${name}/package.json`;
    const said = machine.files.follow(file)?.kind === 'file' ? parse(machine.files.read(file).toString()) : undefined;
    if (!said) return { problem: `${file} is not there, or no JSON`, missing: [] };
    const modules = modulesIn(machine.files, name);
    const needed = ['dependencies', 'devDependencies'].flatMap((kind) =>
      Object.entries(isMap(said[kind]) ? said[kind] : {}),
    );
    const missing = needed.filter(([one, range]) => {
      const module = modules[one];
      return !module || (typeof range === 'string' && isInRange(module.version, range) === false);
    });
    return { missing: missing.map(([one]) => one) };
  },

  plan({ name, user }, { problem, missing }): Plan {
    if (problem !== undefined) return impossible(`Error Bootstrapping '${name}': ${problem}`);
    if (missing.length === 0) return alreadyRight('Directory is already bootstrapped');
    return {
      changes: { [name]: 'Bootstrapped' },
      comment: `${name} is set to be bootstrapped`,
      done: 'Directory was successfully bootstrapped',
      steps: [{ do: 'run', command: callNpm({ dir: name, user }, ['install']), must: true }],
    };
  },
});
