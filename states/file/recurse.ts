import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, FileView, Reading, SourceView, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { textOf } from '../../lib/text.ts';
import * as arg from './args.ts';
import { contentDiff } from '../../lib/diff.ts';
import { backupArg, backupPath, backupSteps } from './backup.ts';
import { render, templateContext } from './content.ts';
import { pathMatcher } from './exclude.ts';
import { isOnTheWay, throughLinks } from '../../lib/links.ts';
import { ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { keeper, namesOfFiles, removable, walk } from './tree.ts';

/** A file or directory that is to be as in the state tree, and what stands in its place. */
interface Item {
  readonly path: string;
  /** Where it really is, when the path is a link that leads out of the directory. */
  readonly place: string;
  readonly there?: FileFacts | undefined;
  /** Undefined for a directory. */
  readonly content?: Buffer;
  readonly old?: Buffer | undefined;
  readonly mode?: number | undefined;
  /** Where a copy of the old one goes. */
  readonly backup?: string | undefined;
}

interface Facts {
  readonly problem?: string;
  readonly owner: Wanted;
  readonly items: readonly Item[];
  readonly surplus: readonly string[];
}

const args = v.strictObject({
  name: arg.path,
  source: arg.textList,
  ...arg.owner,
  file_mode: v.optional(arg.modeOrKeep),
  dir_mode: v.optional(arg.mode),
  template: arg.template,
  context: v.optional(arg.map),
  defaults: v.optional(arg.map),
  clean: arg.flag(false),
  replace: arg.flag(true),
  backup: backupArg,
  maxdepth: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  include_empty: arg.flag(false),
  include_pat: v.optional(arg.textList),
  exclude_pat: v.optional(arg.textList),
  show_changes: arg.flag(true),
  // Salt's; of what is in the state tree no copies are kept.
  keep_source: v.optional(v.boolean()),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'A directory holds what a directory of the state tree holds.',
  example: `
/srv/site:
  file.recurse:
    - source: salt://site
    - file_mode: '0644'
    - clean: True
`,
  args,
  reads: ['files', 'accounts'],

  check({ source }) {
    const odd = source.find((url) => !url.startsWith('salt://'));
    return odd === undefined ? undefined : `Invalid source '${odd}' (must be a salt:// URI)`;
  },

  async templates(given, sources, required) {
    if (given.template === undefined) return [];
    const found = await firstWithFiles(given.source, sources);
    const names = found ? chosenOf(given, found.names).filter((name) => !name.endsWith('/')) : [];
    const files = names.map((name) => below(found?.url ?? '', name));
    const context = templateContext(given, { required });
    return Promise.all(files.map(async (name) => ({ name, text: textOf(await sources.read(name), name), context })));
  },

  async read(given, machine) {
    const owner = readOwner(machine.accounts, given);
    const nothing = { owner: {}, items: [], surplus: [] };
    if (typeof owner === 'string') return { ...nothing, problem: owner };
    const top = machine.files.follow(given.name);
    if (top && top.kind !== 'directory') {
      return { ...nothing, problem: `The path ${given.name} exists and is not a directory` };
    }
    const parent = top || readParent(machine.files, given.name);
    if (typeof parent === 'string') return { ...nothing, problem: parent };
    const found = await firstWithFiles(given.source, machine.sources);
    if (!found) {
      return { ...nothing, problem: `Recurse failed: ${given.source.join(', ')} is not in the state tree` };
    }
    const items = await readItems(given, found, machine);
    const leadsHere = isOnTheWay(machine.files, given.name);
    const doomed = items.find(
      ({ path, there, content }) => leadsHere(path) && there && (content !== undefined || there.kind !== 'directory'),
    );
    if (doomed) return { ...nothing, problem: `${doomed.path} is on the way to ${given.name}: it can't be replaced` };
    const own = new Set(items.map((item) => item.path));
    const others = keeper(namesOfFiles(machine.required));
    const excluded = pathMatcher(given.exclude_pat);
    const keep = (path: string): boolean =>
      own.has(path) || others(path) || leadsHere(path) || excluded(posix.relative(given.name, path));
    const surplus = given.clean && top ? removable(walk(machine.files, given.name), keep) : [];
    return { owner, items, surplus };
  },

  plan(given, { problem, owner, items, surplus }) {
    const { name } = given;
    if (problem !== undefined) return impossible(problem);
    const changes: JsonMap = {};
    const steps: Step[] = surplus.map((path) => ({ do: 'remove', path }));
    for (const item of items) {
      const problemHere = planItem(given, owner, item, changes, steps);
      if (problemHere !== undefined) return impossible(problemHere);
    }
    if (surplus.length > 0) changes['removed'] = [...surplus];
    if (steps.length === 0) return alreadyRight(`The directory ${name} is in the correct state`);
    const comment = Object.keys(changes)
      .filter((path) => path !== 'removed')
      .map((path) => `#### ${path} ####\nThe file ${path} is set to be changed`);
    return {
      changes,
      comment: [...comment, ...(surplus.length > 0 ? [`#### removed ####\n${surplus.join('\n')}`] : [])].join('\n\n'),
      done: `Recursively updated ${name}`,
      steps,
    };
  },
});

/** Adds what one file or directory needs; says what stands in the way of it. */
function planItem(given: Args, owner: Wanted, item: Item, changes: JsonMap, steps: Step[]): string | undefined {
  const { path, place, there, content, old } = item;
  const wanted: Wanted = { ...owner, mode: item.mode };
  if (content === undefined) {
    if (there && there.kind !== 'directory' && !given.clean) return `Specified location ${path} exists and is a file`;
    const isNew = there?.kind !== 'directory';
    const differing = ownershipChanges(isNew ? undefined : there, wanted);
    if (isNew) {
      // A link to something else goes, not what it leads to.
      if (there) steps.push({ do: 'remove', path });
      steps.push({ do: 'mkdir', path, parents: true, ...ownershipOf(wanted) });
      changes[path] = { directory: 'new' };
    } else if (Object.keys(differing).length > 0) {
      steps.push({ do: 'own', path: place, ...ownershipOf(wanted) });
      changes[path] = differing;
    }
    return undefined;
  }
  if (there?.kind === 'directory' && !given.clean) return `Specified target ${path} is a directory`;
  // A link that is not followed makes room.
  const isNew = there === undefined || there.kind === 'directory' || there.kind === 'symlink';
  const same = !isNew && (!given.replace || old?.equals(content) === true);
  const differing = ownershipChanges(isNew ? undefined : there, wanted);
  if (same) {
    if (Object.keys(differing).length === 0) return undefined;
    steps.push({ do: 'own', path: place, ...ownershipOf(wanted) });
    changes[path] = differing;
    return undefined;
  }
  if (there?.kind === 'directory') steps.push({ do: 'remove', path });
  if (item.backup !== undefined && old && there) steps.push(...backupSteps(item.backup, old, there));
  const to = there?.kind === 'directory' ? path : place;
  steps.push({ do: 'write', path: to, content, ...ownershipOf(wanted) });
  const shown = given.show_changes ? contentDiff(old ?? Buffer.alloc(0), content) : '<show_changes=False>';
  changes[path] = { diff: isNew ? 'New file' : shown, ...differing };
  return undefined;
}

/** The first of the source directories that has files. */
async function firstWithFiles(
  urls: readonly string[],
  sources: SourceView,
): Promise<{ readonly url: string; readonly names: readonly string[] } | undefined> {
  for (const url of urls) {
    const names = await sources.list(url);
    if (names.length > 0) return { url, names };
  }
  return undefined;
}

/** The address of a file in a directory of a state tree, whose own may end in the name of an environment (`salt://x?saltenv=dev`). */
function below(directory: string, name: string): string {
  const [, path = '', environment = ''] = /^(.*?)\/*(\?(?:saltenv|env)=.*)?$/s.exec(directory) ?? [];
  return `${path}/${name}${environment}`;
}

/** Those that are neither excluded nor left out; directories that are empty end in `/`. */
function chosenOf(given: Args, names: readonly string[]): string[] {
  const excluded = pathMatcher(given.exclude_pat);
  const included = given.include_pat ? pathMatcher(given.include_pat) : () => true;
  const deepest = given.maxdepth ?? Number.POSITIVE_INFINITY;
  return names.filter(
    (name) =>
      (given.include_empty || !name.endsWith('/')) && depthOf(name) <= deepest && included(name) && !excluded(name),
  );
}

async function readItems(
  given: Args,
  { url, names }: { readonly url: string; readonly names: readonly string[] },
  machine: Reading,
): Promise<Item[]> {
  const chosen = chosenOf(given, names);
  const directories = new Set([given.name]);
  for (const name of chosen) {
    let outer = name.endsWith('/') ? name.slice(0, -1) : posix.dirname(name);
    for (; outer !== '.' && outer !== ''; outer = posix.dirname(outer)) directories.add(posix.join(given.name, outer));
  }
  const items: Item[] = [...directories]
    .sort()
    .map((path) => ({ path, ...placeOf(machine.files, given.name, path), mode: given.dir_mode }));
  const files = chosen.filter((name) => !name.endsWith('/'));
  // All are asked for at once: who fetches them from a master fetches several at a time.
  const read = (name: string) => readItem(given, below(url, name), posix.join(given.name, name), machine);
  return [...items, ...(await Promise.all(files.map(read)))];
}

/** How many directories of the source a file is in. */
function depthOf(name: string): number {
  return name.replace(/\/+$/, '').split('/').length - 1;
}

async function readItem(given: Args, url: string, where: string, machine: Reading): Promise<Item> {
  const bytes = await machine.sources.read(url);
  const content = given.template === undefined ? bytes : Buffer.from(render(given, machine, textOf(bytes, url), url));
  const { place, there } = placeOf(machine.files, given.name, where);
  const mode = given.file_mode === 'keep' ? await machine.sources.mode?.(url) : given.file_mode;
  const old = there?.kind === 'file' ? machine.files.read(place) : undefined;
  const backup = given.backup && there && old ? backupPath(machine, place, there) : undefined;
  return { path: where, place, there, content, old, mode, backup };
}

/**
 * Links that lead out of the directory are followed. Those that stay in it stand for nothing here: what they lead to has
 * its own content in the source, or none.
 */
function placeOf(files: FileView, top: string, where: string): Pick<Item, 'place' | 'there'> {
  const real = throughLinks(files, where);
  const found = real === undefined ? undefined : files.look(real);
  const inside =
    where !== top &&
    [top, throughLinks(files, top) ?? top].some((outer) => real === outer || real?.startsWith(`${outer}/`));
  return real !== undefined && found && !inside
    ? { place: real, there: found }
    : { place: where, there: files.look(where) };
}
