import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { withoutPassword } from '../../lib/sources/download.ts';
import { localSource } from '../../lib/sources/fetch-source.ts';
import { copyPath, etagPath } from '../../lib/sources/source-copies.ts';
import { sourceComplaint } from '../../lib/sources/managed-source.ts';

const args = v.strictObject({ name: v.string() });

export default defineState({
  summary: "No copy of a file of elsewhere is among the minion's own.",
  example: `
https://example.org/app.tar.gz:
  file.not_cached
`,
  args,
  reads: ['files'],
  check: ({ name }) => sourceComplaint({ source: [{ url: name }], source_hash: undefined }),
  read({ name }, machine) {
    const copy = copyPath(machine, name);
    return {
      copy,
      isThere: machine.files.look(copy) !== undefined,
      hasTag: machine.files.look(etagPath(copy)) !== undefined,
    };
  },
  plan({ name }, { copy, isThere, hasTag }) {
    const local = localSource(name);
    if (local !== undefined) return alreadyRight(`File ${local} is a local path, no action taken`);
    if (!isThere) return alreadyRight(`${withoutPassword(name)} is not cached`);
    return {
      changes: { deleted: true },
      comment: `${copy} would be deleted`,
      done: `${copy} was deleted`,
      steps: [{ do: 'remove', path: copy }, ...(hasTag ? [{ do: 'remove', path: etagPath(copy) } as const] : [])],
    };
  },
});
