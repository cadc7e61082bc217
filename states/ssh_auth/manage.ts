import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkKeyArgs, keyArgs, readKeyFacts, type KeyFacts } from './keys.ts';
import { planKeys } from './put.ts';

const args = v.strictObject({ ...keyArgs, ssh_keys: v.array(keyArgs.name) });

export default defineState<typeof args, KeyFacts>({
  summary: 'Whoever has the other half of one of these SSH keys may log in as a user, and nobody else.',
  example: `
keys of root:
  ssh_auth.manage:
    - user: root
    - ssh_keys:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF8rJ7QK0c1cJ3w0mGmZk3qZt4Y6m8m5n1b2o3p4q5r6 anna@example.org
`,
  args,
  reads: ['files', 'accounts'],
  check: checkKeyArgs,
  needs: ({ source }) => (source.startsWith('salt://') ? [source] : []),
  read: (given, machine) => readKeyFacts(given, given.ssh_keys, machine),
  plan: (_, facts) => planKeys(facts, true),
});
