import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { linesWithEnds, planEdit, readEditable } from './edit.ts';
import { lineMatcher, markComplaint } from './comment-mark.ts';

const args = v.strictObject({
  name: arg.path,
  regex: v.string(),
  char: v.optional(v.pipe(v.string(), v.minLength(1)), '#'),
  backup: arg.backupEnding,
  ignore_missing: arg.flag(false),
});

export default defineState({
  summary: 'Lines that match a pattern are commented out.',
  example: `
/etc/fstab:
  file.comment:
    - regex: ^/dev/cdrom
`,
  args,
  reads: ['files'],
  check: markComplaint,
  read: ({ name }, { files }) => readEditable(files, name),
  plan(given, file) {
    if (file.problem !== undefined) return impossible(file.problem);
    const { name, char } = given;
    const { plain, commented, shown } = lineMatcher(given);
    const lines = linesWithEnds(file.content.toString('utf8'));
    if (!lines.some(plain)) {
      if (lines.some(commented)) return alreadyRight('Pattern already commented');
      return given.ignore_missing
        ? alreadyRight('Pattern not found and ignore_missing set to True')
        : impossible(`${shown}: Pattern not found`);
    }
    return planEdit(file, lines.map((line) => (plain(line) ? char + line : line)).join(''), {
      show: true,
      backup: given.backup || undefined,
      comments: { planned: `File ${name} is set to be updated`, done: 'Commented lines successfully' },
    });
  },
});
