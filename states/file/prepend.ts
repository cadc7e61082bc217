import * as v from 'valibot';
import * as arg from './args.ts';
import { addableComplaint, addLines, addLinesArgs, readAddable } from './add-lines.ts';
import { defineState } from '../../lib/contracts/state.ts';

export default defineState({
  summary: 'Lines stand in a text file; those that do not are put at its start.',
  example: `
/etc/motd:
  file.prepend:
    - text: Thou hadst better eat salt with the philosophers
`,
  args: v.strictObject({ ...addLinesArgs, header: arg.flag(false) }),
  reads: ['files'],
  check: addableComplaint,
  read: readAddable,
  plan: (given, file) => addLines(given, file, 'start'),
});
