import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readAptAbsent } from './apt.ts';
import { absentArgs, checkPpa } from './args.ts';
import { readDnfAbsent } from './dnf.ts';
import { readPpa } from './ppa.ts';
import { isRefreshable, refreshLists, type Wish } from './wish.ts';

export default defineState<typeof absentArgs, Wish>({
  summary: 'A source of packages is not configured.',
  example: `
no-sources-of-sources:
  pkgrepo.absent:
    - name: deb-src http://deb.example.org/debian bookworm main
`,
  args: absentArgs,
  reads: ['files', 'packages'],
  check: ({ ppa }) => checkPpa(ppa),

  read(args, machine) {
    const wish =
      args.ppa !== undefined
        ? readPpa(args.ppa, 'absent', machine)
        : machine.packages.manager === 'dnf'
          ? readDnfAbsent(args.name, machine)
          : readAptAbsent(args.name, args.keyid, machine);
    return isRefreshable(machine) ? wish : { ...wish, refresh: false };
  },

  plan({ name, refresh }, wish): Plan {
    if (wish.problem !== undefined) return impossible(`Failed to configure repo '${name}': ${wish.problem}`);
    if (wish.steps.length === 0) return alreadyRight(`Package repo ${name} is absent`);
    const { keyid } = wish.changes;
    return {
      changes: wish.changes,
      comment:
        `Package repo '${name}' will be removed. This may cause pkg states to behave differently than stated if this ` +
        'action is repeated without test=True, due to the differences in the configured repositories.',
      done: `Removed repo ${name}${typeof keyid === 'string' ? `, and keyid ${keyid}` : ''}`,
      steps: [...wish.steps, ...(wish.refresh !== false && refresh !== false ? [refreshLists] : [])],
    };
  },
});
