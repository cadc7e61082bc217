import * as v from 'valibot';
import { defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import * as arg from './args.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { linesWithEnds, planEdit, readEditable, type Editable } from './edit.ts';
import { ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
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
  quiet: arg.flag(false),
  backup: arg.flag(false),
  create: arg.flag(false),
  ...arg.owner,
  file_mode: v.optional(arg.mode),
});

type Args = v.InferOutput<typeof args>;

interface Facts {
  readonly problem?: string;
  readonly file: Editable;
  readonly owner: Wanted;
  /** What a copy of the old file's name ends in. */
  readonly ending?: string | undefined;
}

export default defineState<typeof args, Facts>({
  summary: 'A line stands in a text file: put beside another, replacing it, or taken out.',
  example: `
/etc/nsswitch.conf:
  file.line:
    - mode: ensure
    - content: 'networks: files dns'
    - after: '^hosts:'
`,
  args,
  reads: ['files', 'accounts'],
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
  read(given, machine) {
    const { files } = machine;
    const file = readEditable(files, given.name);
    const owner = readOwner(machine.accounts, given);
    if (typeof owner === 'string') return { problem: owner, file, owner: {} };
    if (file.problem !== undefined && !(file.missing && given.create)) return { problem: file.problem, file, owner };
    const parent = !file.missing || readParent(files, file.path);
    if (parent !== true) return { problem: parent || 'Parent directory not present', file, owner };
    const ending = given.backup
      ? `.${new Date(machine.now()).toISOString().slice(0, 19).replace(/[T:]/g, '-')}`
      : undefined;
    return { file, owner: { ...owner, mode: given.file_mode }, ending };
  },
  plan(given, { problem, file, owner, ending }) {
    if (problem !== undefined) return impossible(problem);
    const lines = setLine(linesWithEnds(file.content.toString('utf8')), wantedOf(given));
    if (typeof lines === 'string') return impossible(lines);
    const text = lines.join('');
    if (!file.there) return planNew(given, owner, text);
    const plan = planEdit(file, text, {
      show: given.show_changes && !given.quiet,
      backup: ending,
      comments: { planned: 'Changes would be made' },
    });
    const changes = ownershipChanges(file.there, owner);
    if (Object.keys(changes).length === 0) return plan;
    return {
      changes: { ...plan.changes, ...changes },
      comment: 'Changes would be made',
      done: 'Changes were made',
      steps: [...plan.steps, { do: 'own', path: file.path, ...ownershipOf(owner) }],
    };
  },
});

function wantedOf(given: Args): LineArgs {
  return {
    ...given,
    content: given.content === undefined ? '' : arg.scalarText(given.content),
    match: given.match === undefined ? undefined : arg.scalarText(given.match),
  };
}

function planNew({ name }: Args, owner: Wanted, text: string): Plan {
  return {
    changes: { diff: 'New file', ...ownershipChanges(undefined, owner) },
    comment: 'Changes would be made',
    done: 'Changes were made',
    steps: [{ do: 'write', path: name, content: Buffer.from(text), ...ownershipOf(owner) }],
  };
}
