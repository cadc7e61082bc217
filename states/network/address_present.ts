import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { entryOf, interfaceOf, withEntries } from './addresses.ts';
import { interfaceName, ipStep, listAddresses, network, parseNetwork, readIp } from './ip.ts';

export default defineState({
  summary: 'An interface of the running system has this address; what sets addresses at boot is not touched.',
  example: `
10.9.0.2/24:
  network.address_present:
    - interface: lo
`,
  args: v.strictObject({
    /** The address with the length of its network. */
    name: network,
    interface: interfaceName,
    broadcast: v.optional(network),
    label: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.][A-Za-z0-9_.:-]{0,14}$/, 'a label, such as eth0:1'))),
    scope: v.optional(v.picklist(['global', 'site', 'link', 'host'], 'global, site, link or host')),
  }),
  reads: ['files'],
  read: (_, machine) => readIp(listAddresses, 'Addresses', machine),
  plan(given, { problem, listed }) {
    const { name, interface: on, broadcast, label, scope } = given;
    if (problem !== undefined) return impossible(problem);
    const link = interfaceOf(listed, on);
    if (link === undefined) return impossible(`There is no interface ${on}`);
    if (entryOf(link, name) !== undefined) return alreadyRight(`Interface ${on} already has the address ${name}`);
    const wanted = parseNetwork(name);
    const written = `${wanted?.address}/${wanted?.length}`;
    const argv = [
      'ip',
      'address',
      'add',
      written,
      'dev',
      on,
      ...(broadcast === undefined ? [] : ['broadcast', broadcast]),
      ...(label === undefined ? [] : ['label', label]),
      ...(scope === undefined ? [] : ['scope', scope]),
    ];
    const entry = { local: wanted?.address ?? '', prefixlen: wanted?.length ?? 0 };
    return {
      changes: { [on]: { old: '', new: written } },
      comment: `Address ${written} would be added to interface ${on}`,
      done: `Added address ${written} to interface ${on}`,
      steps: [
        ipStep(
          argv,
          listAddresses,
          withEntries(listed, on, (entries) => [...entries, entry]),
        ),
      ],
    };
  },
});
