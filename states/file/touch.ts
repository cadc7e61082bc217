import { posix } from 'node:path';
import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { Step } from '../../lib/contracts/machine.ts';
import * as arg from './args.ts';
import { readParent } from '../../lib/parent-directory.ts';

/** Seconds since 1970. */
const time = v.optional(v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.number()));

const args = v.strictObject({ name: arg.path, atime: time, mtime: time, makedirs: arg.flag(false) });

export default defineState({
  summary: 'A file is there; its times are set to the present, or to those given (seconds since 1970).',
  example: `
/var/lib/app/ready:
  file.touch:
    - makedirs: True
`,
  args,
  reads: ['files'],
  read: ({ name }, { files }) => ({
    there: files.follow(name),
    parent: readParent(files, name),
  }),
  plan({ name, atime, mtime, makedirs }, { there, parent }) {
    const times: Step = { do: 'touch', path: name, atimeMs: atMs(atime), mtimeMs: atMs(mtime) };
    if (there) {
      const given = atime !== undefined || mtime !== undefined;
      const wrong = { atime: atime ?? there.atimeMs / 1000, mtime: mtime ?? there.mtimeMs / 1000 };
      if (given && wrong.atime === there.atimeMs / 1000 && wrong.mtime === there.mtimeMs / 1000) {
        return alreadyRight(`File ${name} exists and has the correct times`);
      }
      const what = there.kind === 'directory' ? 'directory' : 'file';
      return {
        changes: { touched: name },
        comment: `Times set to be updated on ${what} ${name}`,
        done: `Updated times on ${what} ${name}`,
        steps: [times],
      };
    }
    if (typeof parent === 'string') return impossible(parent);
    if (!parent && !makedirs) return impossible(`Directory not present to touch file ${name}`);
    const parents: Step = { do: 'mkdir', path: posix.dirname(name), parents: true };
    const steps: Step[] = [...(parent ? [] : [parents]), { do: 'write', path: name, content: Buffer.alloc(0) }];
    return {
      changes: { new: name },
      comment: `File ${name} is set to be created`,
      done: `Created empty file ${name}`,
      steps: atime === undefined && mtime === undefined ? steps : [...steps, times],
    };
  },
});

function atMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
