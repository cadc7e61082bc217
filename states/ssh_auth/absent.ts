import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { parseKeyLine } from '../../lib/system/ssh-keys.ts';
import { checkKeyArgs, keyArgs, readKeyFacts, writeKeys, type KeyFacts } from './keys.ts';

const args = v.strictObject(keyArgs);

export default defineState<typeof args, KeyFacts>({
  summary: 'An SSH key lets nobody log in as a user any more.',
  example: `
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF8rJ7QK0c1cJ3w0mGmZk3qZt4Y6m8m5n1b2o3p4q5r6:
  ssh_auth.absent:
    - user: root
`,
  args,
  reads: ['files', 'accounts'],
  check: checkKeyArgs,
  needs: ({ source }) => (source.startsWith('salt://') ? [source] : []),
  read: (given, machine) => readKeyFacts(given, [given.name], machine),
  plan({ user }, { problem, keys, file }) {
    if (problem !== undefined || !file) return impossible(problem ?? 'nobody knows the file of the keys');
    const gone = new Set(keys.map(({ key }) => key));
    const keyIn = (line: string): string | undefined => parseKeyLine(line)?.key;
    const removed = file.lines.flatMap((line) => {
      const key = keyIn(line);
      return key !== undefined && gone.has(key) ? [key] : [];
    });
    if (removed.length === 0) return alreadyRight('Key is already absent');
    return {
      changes: Object.fromEntries(removed.map((key) => [key, 'Removed'])),
      comment: removed.map((key) => `Key ${key} for user ${user} is set for removal`).join('\n'),
      done: removed.length === 1 ? 'Key removed' : 'Keys removed',
      steps: writeKeys(
        file,
        file.lines.filter((line) => !gone.has(keyIn(line) ?? '')),
      ),
    };
  },
});
