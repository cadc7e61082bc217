import * as v from 'valibot';
import { addableComplaint, addLines, addLinesArgs, readAddable } from './add-lines.ts';
import { defineState } from '../../lib/contracts/state.ts';

export default defineState({
  summary: 'Lines stand in a text file; those that do not are put at its end.',
  example: `
/etc/motd:
  file.append:
    - text: Thou hadst better eat salt with the philosophers
`,
  args: v.strictObject({ ...addLinesArgs }),
  reads: ['files'],
  check: addableComplaint,
  read: readAddable,
  plan: (given, file) => addLines(given, file, 'end'),
});
