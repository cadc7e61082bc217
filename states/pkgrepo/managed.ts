import type { Reading } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { readAptManaged } from './apt.ts';
import { checkManaged, managedArgs } from './args.ts';
import { readDnfManaged } from './dnf.ts';
import { keyProblem } from './key.ts';
import { readPpa } from './ppa.ts';
import { isRefreshable, refreshLists, type Wish } from './wish.ts';

export default defineState<typeof managedArgs, Wish>({
  summary: 'A source of packages is configured, with its key, and the lists know what it has.',
  example: `
docker:
  pkgrepo.managed:
    - name: deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable
    - file: /etc/apt/sources.list.d/docker.list
    - key_url: salt://docker/docker.asc
`,
  args: managedArgs,
  reads: ['files', 'packages'],
  check: (args) => checkManaged(args) ?? (args.key_url === undefined ? undefined : keyProblem(args.key_url)),
  needs: ({ key_url: url }) => (url?.startsWith('salt://') === true ? [url] : []),

  async read(args, machine: Reading) {
    const wish =
      args.ppa !== undefined
        ? readPpa(args.ppa, 'managed', machine)
        : machine.packages.manager === 'dnf'
          ? readDnfManaged(args, machine)
          : await readAptManaged(args, machine);
    return isRefreshable(machine) ? wish : { ...wish, refresh: false };
  },

  plan(args, wish): Plan {
    const { name } = args;
    if (wish.problem !== undefined) return impossible(`Failed to configure repo '${name}': ${wish.problem}`);
    if (wish.steps.length === 0) return alreadyRight(`Package repo '${name}' already configured`);
    const changes: JsonMap = wish.changes;
    return {
      changes,
      comment:
        `Package repo '${name}' would be configured. This may cause pkg states to behave differently than stated if this ` +
        'action is repeated without test=True, due to the differences in the configured repositories.',
      done: `Configured package repo '${name}'`,
      steps: [
        ...wish.steps,
        ...(wish.refresh !== false && (args.refresh ?? args.refresh_db) !== false ? [refreshLists] : []),
      ],
    };
  },
});
