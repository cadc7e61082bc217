import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { readHosts, type Line } from '../../lib/system/hosts-file.ts';
import { lineOf, word, writeHosts } from './hosts.ts';

const names = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((given) => (typeof given === 'string' ? [given] : given).flatMap((text) => text.trim().split(/\s+/))),
  v.transform((given) => given.filter((name) => name !== '')),
  v.array(word),
);

const args = v.strictObject({ name: word, hostnames: names });

export default defineState({
  summary: 'The hosts file gives this address these names and no others.',
  example: `
127.0.1.1:
  host.only:
    - hostnames: [node1.cluster, node1]
`,
  args,
  reads: ['files'],
  read: (_, machine) => readHosts(machine),
  plan({ name: ip, hostnames }, hosts) {
    const old = hosts.lines.flatMap(({ entry }) => (entry?.ip === ip ? entry.names : [])).join(' ');
    const wanted = hostnames.join(' ');
    if (old === wanted) return alreadyRight(`IP address ${ip} already set to "${wanted}"`);
    const first = hosts.lines.find(({ entry }) => entry?.ip === ip);
    const line: Line[] = hostnames.length === 0 ? [] : [lineOf(ip, hostnames, first?.entry?.comment ?? '')];
    const others = hosts.lines.flatMap((one) => (one === first ? line : one.entry?.ip === ip ? [] : [one]));
    return {
      changes: { [ip]: { old, new: wanted } },
      comment: `Would change ${ip} from "${old}" to "${wanted}"`,
      done: `successfully changed ${ip} from "${old}" to "${wanted}"`,
      steps: [writeHosts(hosts, first ? others : [...others, ...line])],
    };
  },
});
