import { posix } from 'node:path';
import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { Step } from '../../lib/contracts/machine.ts';
import { overlap } from '../../lib/links.ts';
import * as arg from './args.ts';
import { readParent } from '../../lib/parent-directory.ts';

const args = v.strictObject({ name: arg.path, source: arg.path, force: arg.flag(false), makedirs: arg.flag(false) });

export default defineState({
  summary: 'What was at one path is at another.',
  example: `
/etc/app.conf.d:
  file.rename:
    - source: /etc/app.d
    - force: True
`,
  args,
  reads: ['files'],
  read: ({ name, source }, { files }) => ({
    from: files.look(source),
    there: files.look(name),
    parent: readParent(files, name),
    inside: overlap(files, source, name),
  }),
  plan({ name, source, force, makedirs }, { from, there, parent, inside }) {
    if (!from) return alreadyRight(`Source file "${source}" has already been moved out of place`);
    if (there && !force) return alreadyRight(`The target file "${name}" exists and will not be overwritten`);
    if (inside) {
      return impossible(`Failed to move "${source}" to "${name}": one of them is in the other`);
    }
    if (there?.identity === from.identity && from.kind !== 'directory') {
      return impossible(`Failed to move "${source}" to "${name}": both are the same file`);
    }
    const outer = posix.dirname(name);
    if (typeof parent === 'string') return impossible(parent);
    if (!parent && !makedirs) return impossible(`The target directory ${outer} is not present`);
    const steps: Step[] = parent ? [] : [{ do: 'mkdir', path: outer, parents: true }];
    // Only a file or link takes the place of a file or link.
    if (there && [there.kind, from.kind].includes('directory')) steps.push({ do: 'remove', path: name });
    return {
      changes: { [name]: source },
      comment: `File "${source}" is set to be moved to "${name}"`,
      done: `Moved "${source}" to "${name}"`,
      steps: [...steps, { do: 'rename', path: name, from: source }],
    };
  },
});
