import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';

const args = v.strictObject({ name: arg.path });

export default defineState({
  summary: 'Nothing is at this path: a file, a link or a whole directory is removed.',
  example: `
/etc/motd.old:
  file.absent
`,
  args,
  reads: ['files'],
  read: ({ name }, { files }) => files.look(name)?.kind,
  plan({ name }, kind) {
    if (/^\/*$/.test(name)) return impossible('Refusing to make "/" absent');
    if (kind === undefined) return alreadyRight(`File ${name} is not present`);
    const what = kind === 'directory' ? 'Directory' : 'File';
    return {
      changes: { removed: name },
      comment: `${what} ${name} is set for removal`,
      done: `Removed ${what.toLowerCase()} ${name}`,
      steps: [{ do: 'remove', path: name }],
    };
  },
});
