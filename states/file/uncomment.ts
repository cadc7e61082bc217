import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { linesWithEnds, planEdit, readEditable } from './edit.ts';
import { lineMatcher, markComplaint, withoutMark } from './comment-mark.ts';

const args = v.strictObject({
  name: arg.path,
  regex: v.string(),
  char: v.optional(v.pipe(v.string(), v.minLength(1)), '#'),
  backup: arg.backupEnding,
});

export default defineState({
  summary: 'Lines that match a pattern behind a comment sign lose the sign.',
  example: `
/etc/adduser.conf:
  file.uncomment:
    - regex: EXTRA_GROUPS
`,
  args,
  reads: ['files'],
  check: markComplaint,
  read: ({ name }, { files }) => readEditable(files, name),
  plan(given, file) {
    if (file.problem !== undefined) return impossible(file.problem);
    const { plain, commented } = lineMatcher(given);
    const lines = linesWithEnds(file.content.toString('utf8'));
    if (!lines.some(commented)) {
      return lines.some(plain)
        ? alreadyRight('Pattern already uncommented')
        : impossible(`${given.regex}: Pattern not found`);
    }
    const unmarked = (line: string): string => (commented(line) ? unmarked(withoutMark(line, given.char)) : line);
    return planEdit(file, lines.map(unmarked).join(''), {
      show: true,
      backup: given.backup || undefined,
      comments: { planned: `File ${given.name} is set to be updated`, done: 'Uncommented lines successfully' },
    });
  },
});
