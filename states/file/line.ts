import * as v from 'valibot';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import * as arg from './args.ts';
import { linesWithEnds, planEdit, readEditable } from './edit.ts';
import { setLine, type LineArgs } from './set-line.ts';
import { translatePattern } from '../../lib/regex.ts';

const args = v.strictObject({
  name: arg.path,
  mode: v.pipe(v.string(), v.toLowerCase(), v.picklist(['ensure', 'replace', 'delete', 'insert'])),
  content: v.optional(arg.scalar),
  match: v.optional(arg.scalar),
  before: v.optional(v.string()),
  after: v.optional(v.string()),
  location: v.optional(v.picklist(['start', 'end'])),
  indent: arg.flag(true),
  show_changes: arg.flag(true),
});

export default defineState({
  summary: 'A line stands in a text file: put beside another, replacing it, or taken out.',
  example: `
/etc/nsswitch.conf:
  file.line:
    - mode: ensure
    - content: 'networks: files dns'
    - after: '^hosts:'
`,
  args,
  reads: ['files'],
  check({ mode, content, before, after, location, match }) {
    if (mode !== 'delete' && content === undefined) return 'Content can only be empty if mode is delete';
    if (mode === 'insert' && before === undefined && after === undefined && location === undefined) {
      return 'On insert either "location" or "before/after" conditions are required.';
    }
    if (mode === 'ensure' && before === undefined && after === undefined) {
      return 'Unable to ensure line without knowing where to put it before and/or after.';
    }
    if ((mode === 'delete' || mode === 'replace') && content === undefined && match === undefined) {
      return `mode: ${mode} needs 'match' (or 'content') to know the line`;
    }
    try {
      for (const pattern of [before, after]) if (pattern !== undefined) translatePattern(pattern, 's');
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  },
  read: ({ name }, { files }) => readEditable(files, name),
  plan(given, file) {
    if (file.problem !== undefined) return impossible(file.problem);
    const wanted: LineArgs = {
      ...given,
      content: given.content === undefined ? '' : arg.scalarText(given.content),
      match: given.match === undefined ? undefined : arg.scalarText(given.match),
    };
    const lines = setLine(linesWithEnds(file.content.toString('utf8')), wanted);
    if (typeof lines === 'string') return impossible(lines);
    return planEdit(file, lines.join(''), {
      show: given.show_changes,
      comments: { planned: 'Changes would be made' },
    });
  },
});
