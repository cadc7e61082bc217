import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkKeyArgs, keyArgs, readKeyFacts, type KeyFacts } from './keys.ts';
import { planKeys } from './put.ts';

const args = v.strictObject(keyArgs);

export default defineState<typeof args, KeyFacts>({
  summary: 'Whoever has the other half of this SSH key may log in as a user.',
  example: `
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF8rJ7QK0c1cJ3w0mGmZk3qZt4Y6m8m5n1b2o3p4q5r6 anna@example.org:
  ssh_auth.present:
    - user: root
`,
  args,
  reads: ['files', 'accounts'],
  check: checkKeyArgs,
  needs: ({ source }) => (source.startsWith('salt://') ? [source] : []),
  read: (given, machine) => readKeyFacts(given, [given.name], machine),
  plan: (_, facts) => planKeys(facts, false),
});
