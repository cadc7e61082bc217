import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { readHosts } from '../../lib/system/hosts-file.ts';
import { hasPair, withoutPair, word, words, writeHosts } from './hosts.ts';

const args = v.strictObject({ name: word, ip: words });

export default defineState({
  summary: 'The hosts file does not give this name these addresses.',
  example: `
old.cluster:
  host.absent:
    - ip: 10.0.0.9
`,
  args,
  reads: ['files'],
  read: (_, machine) => readHosts(machine),
  plan({ name, ip: ips }, hosts) {
    let { lines } = hosts;
    for (const ip of ips) if (hasPair(hosts, ip, name)) lines = withoutPair(lines, ip, name);
    const say = (there: string): string =>
      ips
        .map((ip) =>
          hasPair(hosts, ip, name) ? there.replace('HOST', `${name} (${ip})`) : `Host ${name} (${ip}) already absent`,
        )
        .join('\n');
    const same = lines === hosts.lines;
    return {
      changes: same ? {} : { host: name },
      comment: say('Host HOST needs to be removed'),
      done: say('Removed host HOST'),
      steps: same ? [] : [writeHosts(hosts, lines)],
    };
  },
});
