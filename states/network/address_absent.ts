import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { entryOf, interfaceOf, withEntries } from './addresses.ts';
import { interfaceName, ipStep, listAddresses, network, parseNetwork, readIp } from './ip.ts';

export default defineState({
  summary: 'An interface of the running system does not have this address.',
  example: `
10.9.0.2/24:
  network.address_absent:
    - interface: lo
`,
  args: v.strictObject({ name: network, interface: interfaceName }),
  reads: ['files'],
  read: (_, machine) => readIp(listAddresses, 'Addresses', machine),
  plan({ name, interface: on }, { problem, listed }) {
    if (problem !== undefined) return impossible(problem);
    const found = entryOf(interfaceOf(listed, on), name);
    if (found === undefined) return alreadyRight(`Interface ${on} does not have the address ${name}`);
    const wanted = parseNetwork(name);
    const written = `${wanted?.address}/${wanted?.length}`;
    const then = withEntries(listed, on, (entries) => entries.filter((one) => one !== found));
    return {
      changes: { [on]: { old: written, new: '' } },
      comment: `Address ${written} would be removed from interface ${on}`,
      done: `Removed address ${written} from interface ${on}`,
      steps: [ipStep(['ip', 'address', 'delete', written, 'dev', on], listAddresses, then)],
    };
  },
});
