import { posix } from 'node:path';
import type { FileStep, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Changes, type Plan } from '../../lib/contracts/state.ts';
import { printHash } from '../../lib/sources/content-hash.ts';
import { args, checkArgs, folderOf, formatOf, type Args } from './args.ts';
import { readArchive, type Facts, type Item } from './facts.ts';

export default defineState<typeof args, Facts>({
  summary: 'What is in an archive is there, below a directory.',
  example: `
/opt/app:
  archive.extracted:
    - source: salt://app/app-1.2.tar.gz
    - options: --strip-components=1
    - enforce_toplevel: false
    - user: root
    - group: root
`,
  args,
  reads: ['files', 'accounts'],
  check: checkArgs,
  needs: ({ source }) => (source.length === 1 ? source.filter((url) => url.startsWith('salt://')) : []),
  read: readArchive,

  plan(given, facts): Plan {
    if (facts.problem !== undefined) return impossible(facts.problem);
    if (facts.enough !== undefined) return alreadyRight(facts.enough);
    const bomb = given.enforce_toplevel ? bombComplaint(given, facts.items) : undefined;
    if (bomb !== undefined) return impossible(bomb);
    const folder = folderOf(given);
    const wrong = facts.items.filter(({ there, kind }) => there !== undefined && there.kind !== kind);
    if (wrong.length > 0 && !given.clean && !given.clean_parent && !given.force)
      return impossible(wrongKinds(folder, wrong));
    const missing = facts.items.some(({ there }) => there === undefined);
    const needed = missing || wrong.length > 0 || facts.renewed || facts.items.some(({ differs }) => differs);
    if (!needed) return planOwners(facts);
    return planExtraction(given, facts, wrong, missing);
  },
});

/** Everything there, owners perhaps not. */
function planOwners({ foreign, uid, gid }: Facts): Plan {
  const right = 'All files in archive are already present';
  if (foreign.length === 0) return alreadyRight(right);
  return {
    changes: { 'updated ownership': true },
    comment: `${right}. Ownership would be updated on one or more files/directories.`,
    done: right,
    steps: foreign.map((path) => ({ do: 'own', path, uid, gid })),
  };
}

function planExtraction(given: Args, facts: Facts, wrong: readonly Item[], missing: boolean): Plan {
  const folder = folderOf(given);
  const removed = removedBefore(given, facts, wrong);
  const isNew = !facts.folderExists || (given.clean_parent && facts.folderExists);
  const why = facts.renewed
    ? ', due to source_hash update'
    : missing
      ? ', due to absence of one or more files/dirs'
      : '';
  const most = given.trim_output === true ? 100 : given.trim_output === false ? undefined : given.trim_output;
  const names = facts.items.map(({ path }) => path);
  const changes: Changes = {
    ...(removed.length > 0
      ? { removed: given.clean_parent ? `Directory ${folder}/ was removed prior to the extraction` : [...removed] }
      : {}),
    ...(isNew ? { directories_created: [`${folder}/`] } : {}),
    extracted_files: names.slice(0, most),
  };
  return {
    changes,
    comment: `Archive ${facts.source} would be extracted to ${folder}/${given.clean ? ', after cleaning destination path(s)' : ''}${why}`,
    done: `${facts.source} extracted to ${folder}/${why}${most === undefined ? '' : `. Output was trimmed to ${most} number of lines`}`,
    steps: [
      ...removed.map((path): Step => ({ do: 'remove', path })),
      ...(isNew ? [{ do: 'mkdir', path: folder, parents: true, uid: facts.uid } as const] : []),
      ...(facts.program ? byProgram(given, facts, facts.program) : bySteps(folder, facts)),
      ...noteHash(given, facts),
      ...(facts.keep ?? []),
    ],
  };
}

function removedBefore(given: Args, { items, folderExists }: Facts, wrong: readonly Item[]): string[] {
  const folder = folderOf(given);
  if (given.clean_parent) return folderExists ? [folder] : [];
  if (given.clean) {
    const tops = new Set(items.map(({ path }) => path.split('/')[0] ?? path));
    const there = new Set(items.filter((item) => item.there).map(({ path }) => path.split('/')[0] ?? path));
    return [...tops].filter((top) => there.has(top)).map((top) => posix.join(folder, top));
  }
  return wrong.map(({ path }) => posix.join(folder, path));
}

/** Each member as a step of its own: what a test run foresees is what is there afterwards. */
function bySteps(folder: string, facts: Facts): FileStep[] {
  return facts.items.flatMap((item): FileStep[] => {
    const path = posix.join(folder, item.path);
    const outer = posix.dirname(item.path);
    // A directory that the archive does not name is made for what is in it.
    const parents: FileStep[] =
      outer === '.' || facts.items.some((one) => one.kind === 'directory' && one.path === outer)
        ? []
        : [{ do: 'mkdir', path: posix.dirname(path), parents: true, uid: facts.uid, gid: facts.gid }];
    return [...parents, ...memberSteps(item, path, facts)];
  });
}

function memberSteps(item: Item, path: string, facts: Facts): FileStep[] {
  const { mode, mtimeMs } = item;
  const named = facts.owners[`${item.user}:${item.group}:${item.uid}:${item.gid}`];
  const uid = facts.uid ?? (facts.mayGive ? named?.uid : undefined);
  const gid = facts.gid ?? (facts.mayGive ? named?.gid : undefined);
  if (item.kind === 'directory') return [{ do: 'mkdir', path, mode, uid, gid }];
  if (item.kind === 'symlink') return [{ do: 'symlink', path, target: item.target ?? '', uid, gid }];
  return [
    { do: 'write', path, content: item.content ?? Buffer.alloc(0), mode: mode ?? 0o644, uid, gid },
    ...(mtimeMs === undefined ? [] : [{ do: 'touch', path, atimeMs: mtimeMs, mtimeMs } as const]),
  ];
}

function byProgram(given: Args, facts: Facts, { words, content }: NonNullable<Facts['program']>): Step[] {
  const folder = folderOf(given);
  const owned = facts.uid !== undefined || facts.gid !== undefined;
  const top = given.enforce_ownership_on;
  return [
    {
      do: 'run',
      command: {
        argv: words,
        cwd: '/',
        env: { LC_ALL: 'C.UTF-8' },
        ...(content ? { script: content } : {}),
      },
      must: true,
      foretells: bySteps(folder, facts),
    },
    ...(owned
      ? top === undefined
        ? facts.items.map(({ path }): Step => ({
            do: 'own',
            path: posix.join(folder, path),
            uid: facts.uid,
            gid: facts.gid,
          }))
        : [{ do: 'own', path: top, uid: facts.uid, gid: facts.gid } as const]
      : []),
  ];
}

function noteHash(given: Args, { record, hash }: Facts): Step[] {
  if (!hash || !(given.source_hash_update || given.skip_files_list_verify)) return [];
  return [
    { do: 'mkdir', path: posix.dirname(record), parents: true },
    { do: 'write', path: record, content: Buffer.from(`${printHash(hash)}\n`) },
  ];
}

function bombComplaint(given: Args, items: readonly Item[]): string | undefined {
  const tops = new Set(items.map(({ path }) => path.split('/')[0]));
  const files = items.some(({ path, kind }) => !path.includes('/') && kind === 'file');
  if (tops.size <= 1 && !files) return undefined;
  const folder = folderOf(given);
  return (
    "Archive does not have a single top-level directory. To allow this archive to be extracted, set 'enforce_toplevel' to " +
    `False. To avoid a '${formatOf(given) ?? 'tar'}-bomb' it may also be advisable to set a top-level directory by adding it to the ` +
    `'name' value (for example, setting 'name' to ${posix.join(folder, 'some_dir')} instead of ${folder}/).`
  );
}

function wrongKinds(folder: string, wrong: readonly Item[]): string {
  return (
    `The below paths (relative to ${folder}/) exist, but are the incorrect type (file instead of directory, symlink instead of ` +
    "file, etc.). To proceed with extraction, set 'force' to True. Note that this will remove these paths before extracting.\n\n" +
    wrong.map(({ path }) => `- ${path}`).join('\n')
  );
}
