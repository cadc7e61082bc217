import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import * as arg from './args.ts';
import { backupPath, backupSteps } from './backup.ts';
import { readContent, templatesOf, type WantedContent } from './content.ts';
import { contentDiff } from '../../lib/diff.ts';
import { lookThrough } from '../../lib/links.ts';
import { directoryModeFor, modeText, ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from './parent.ts';
import { parseHash, sourceComplaint } from './source.ts';

interface Facts {
  readonly problem?: string;
  /** Where the file really is, when the name is a link that is followed. */
  readonly path: string;
  readonly there?: FileFacts | undefined;
  readonly old?: Buffer | undefined;
  readonly wanted?: WantedContent | undefined;
  readonly owner: Wanted;
  readonly parent: boolean;
  readonly backup?: string | undefined;
}

const args = v.strictObject({
  name: arg.path,
  source: v.optional(arg.textList),
  source_hash: v.optional(v.string()),
  contents: v.optional(arg.text),
  contents_pillar: v.optional(arg.textList),
  contents_grains: v.optional(arg.textList),
  contents_newline: arg.flag(true),
  allow_empty: arg.flag(true),
  template: arg.template,
  context: v.optional(arg.map),
  defaults: v.optional(arg.map),
  ...arg.owner,
  mode: v.optional(arg.modeOrKeep),
  makedirs: arg.flag(false),
  dir_mode: v.optional(arg.mode),
  replace: arg.flag(true),
  create: arg.flag(true),
  backup: v.optional(v.union([v.literal('minion'), v.literal('both'), v.literal(''), v.literal(false)])),
  show_changes: v.optional(v.boolean()),
  follow_symlinks: arg.flag(true),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'A file has this content, owner and mode.',
  example: `
/etc/motd:
  file.managed:
    - contents: Welcome
    - user: root
    - mode: '0644'
`,
  args,
  reads: ['files', 'accounts'],

  check(given) {
    const from = [given.contents, given.contents_pillar, given.contents_grains].filter((one) => one !== undefined);
    if (given.source && from.length > 0) {
      return "'source' cannot be used in combination with 'contents', 'contents_pillar', or 'contents_grains'";
    }
    if (from.length > 1) return "Only one of 'contents', 'contents_pillar', and 'contents_grains' is permitted";
    if (given.mode === 'keep' && !given.source) return "'mode: keep' needs a source whose mode is kept";
    if (given.source_hash !== undefined && !parseHash(given.source_hash)) {
      return 'source_hash is a kind and hexadecimal digits, such as sha256=6e34...';
    }
    return sourceComplaint(given.source ?? []);
  },

  templates: templatesOf,
  needs: ({ source }) => (source?.length === 1 ? source.filter((url) => url.startsWith('salt://')) : []),

  async read(given, machine) {
    const owner = readOwner(machine.accounts, given);
    const found = given.follow_symlinks
      ? lookThrough(machine.files, given.name)
      : { path: given.name, there: machine.files.look(given.name) };
    const nothing = { path: given.name, owner: {}, parent: true };
    if (typeof owner === 'string') return { ...nothing, problem: owner };
    if (!found) return { ...nothing, problem: `${given.name} is a circle of symbolic links` };
    const { path, there } = found;
    const hasContent = given.source ?? given.contents ?? given.contents_pillar ?? given.contents_grains;
    const replaced = hasContent !== undefined && (given.replace || !there);
    if (!there && !given.create) return { ...nothing, path };
    const wanted = replaced ? await readContent(given, machine, given.mode === 'keep') : undefined;
    if (typeof wanted === 'string') return { ...nothing, problem: wanted };
    const old = wanted && there?.kind === 'file' ? machine.files.read(path) : undefined;
    const parent = there !== undefined || readParent(machine.files, path);
    if (typeof parent === 'string') return { ...nothing, problem: parent };
    return {
      path,
      there,
      old,
      wanted,
      owner: { ...owner, mode: given.mode === 'keep' ? wanted?.sourceMode : given.mode },
      parent,
      backup: given.backup && there ? backupPath(machine, path, there) : undefined,
    };
  },

  plan(given, facts) {
    const { name } = given;
    if (facts.problem !== undefined) return impossible(facts.problem);
    if (!facts.there) return planNew(given, facts);
    if (facts.there.kind === 'directory') return impossible(`Specified target ${name} is a directory`);
    if (facts.there.kind === 'other') return impossible(`Specified target ${name} is not a regular file`);
    return facts.wanted
      ? planContent(given, facts, facts.there, facts.wanted)
      : planOwnership(given, facts, facts.there);
  },
});

function planNew(given: Args, { path, wanted, owner, parent }: Facts): Plan {
  const { name } = given;
  if (!given.create) return alreadyRight(`File ${name} is not present and is not set for creation`);
  if (!parent && !given.makedirs) return impossible('Parent directory not present');
  const what: JsonMap = wanted ? { diff: 'New file' } : { new: `file ${name} created` };
  const steps: Step[] = [];
  if (!parent) {
    const mode = given.dir_mode ?? directoryModeFor(owner.mode);
    steps.push({ do: 'mkdir', path: posix.dirname(path), parents: true, ...ownershipOf({ ...owner, mode }) });
  }
  steps.push({ do: 'write', path, content: wanted?.content ?? Buffer.alloc(0), ...ownershipOf(owner) });
  return {
    changes: { ...what, ...ownershipChanges(undefined, owner) },
    comment: setToChange(name),
    done: wanted ? `File ${name} updated` : 'Empty file',
    steps,
  };
}

function planContent(given: Args, facts: Facts, there: FileFacts, wanted: WantedContent): Plan {
  const { path, owner, old } = facts;
  const { name } = given;
  const isLink = there.kind === 'symlink';
  const same = old?.equals(wanted.content) === true;
  const ownership = ownershipChanges(isLink ? undefined : there, owner);
  if (same && Object.keys(ownership).length === 0) return alreadyRight(`File ${name} is in the correct state`);
  const steps: Step[] = [];
  if (same) steps.push({ do: 'own', path, ...ownershipOf(owner) });
  else {
    if (facts.backup !== undefined && old) steps.push(...backupSteps(facts.backup, old, there));
    steps.push({ do: 'write', path, content: wanted.content, ...ownershipOf(owner) });
  }
  return {
    changes: { ...(same ? {} : { diff: shownDiff(given, old, wanted.content) }), ...ownership },
    comment: setToChange(name),
    done: `File ${name} updated`,
    steps,
  };
}

/** Only owner and mode: the content is left to others. */
function planOwnership({ name }: Args, { path, owner }: Facts, there: FileFacts): Plan {
  const changes = ownershipChanges(there, there.kind === 'symlink' ? { ...owner, mode: undefined } : owner);
  if (Object.keys(changes).length === 0) {
    return alreadyRight(`File ${name} exists with proper permissions. No changes made.`);
  }
  const toMode = owner.mode !== undefined && owner.mode !== there.mode;
  return {
    changes,
    comment: toMode
      ? `File ${name} will be updated with permissions ${modeText(owner.mode)} from its current state of ${modeText(there.mode)}`
      : setToChange(name),
    done: `File ${name} updated`,
    steps: [{ do: 'own', path, ...ownershipOf(owner) }],
  };
}

/** What comes out of pillar may be a secret: it is shown only when that is asked for. */
function shownDiff(given: Args, old: Buffer | undefined, content: Buffer): string {
  if (!(given.show_changes ?? given.contents_pillar === undefined)) return '<show_changes=False>';
  return old ? contentDiff(old, content) : 'Replace symbolic link with regular file';
}

function setToChange(name: string): string {
  return `The file ${name} is set to be changed\nNote: No changes made, actual changes may\nbe different due to other states.`;
}
