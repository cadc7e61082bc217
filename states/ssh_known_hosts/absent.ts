import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { describeHostKey } from './entries.ts';
import { checkPlace, entriesOf, hostArgs, linesWithout, readKnownHosts, writeHosts, type KnownHosts } from './file.ts';

const args = v.strictObject(hostArgs);

export default defineState<typeof args, KnownHosts | string>({
  summary: 'No key of a host is known to a user, or to everybody.',
  example: `
old.example.org:
  ssh_known_hosts.absent
`,
  args,
  reads: ['files', 'accounts'],
  check: checkPlace,
  read: readKnownHosts,
  plan({ name }, file) {
    if (typeof file === 'string') return impossible(file);
    const known = entriesOf(file, name);
    if (known.length === 0) return alreadyRight('Host is already absent');
    return {
      changes: { old: known.map(describeHostKey), new: null },
      comment: `Key for ${name} is set to be removed from ${file.config}`,
      done: `Key for ${name} removed from ${file.config}`,
      steps: writeHosts(file, linesWithout(file, name)),
    };
  },
});
