import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { gitErrors } from '../../lib/errors/git.ts';
import { messageOf } from '../../lib/errors/error.ts';
import {
  blobFile,
  isObjectId,
  isSha256,
  readRefs,
  readTree,
  refsFile,
  refsText,
  treeFile,
  type KeptFile,
  type Refs,
  type Repository,
} from '../../lib/git/kept.ts';
import { inSlices } from '../../lib/slices.ts';
import { writeWhole } from '../../lib/write-whole.ts';
import { copyBlobs } from './blobs.ts';
import { followed } from './links.ts';
import { filesOf, refsOfRemote } from './listing.ts';
import { gitFor, type Git } from './process.ts';

/** A repository that is to be kept. */
export interface ToKeep {
  readonly repository: Repository;
  /** For people: the name of a remote, or its address. */
  readonly remote: string;
  readonly directory: string;
  /** Which of the branches and tags are wanted, by the ids that they lead to. */
  readonly wanted: (refs: Refs) => ReadonlySet<string>;
  /** Commits that are wanted, by their ids. */
  readonly commits: readonly string[];
}

export interface Updated {
  readonly changed: boolean;
  /** What could not be taken: there it is still as it was. */
  readonly failures: readonly string[];
}

const MOST_REFS = 1000;
const FETCH_MS = 30 * 60_000;
const QUICK_MS = 60_000;
const TIDY_MS = 10 * 60_000;
/** What is served no longer stays so long: a run that began before has it still to fetch. */
export const KEEP_MS = 60 * 60_000;

/**
 * Brings what is kept of a repository up to date: its branches and tags are asked for, what is new is fetched by id, one
 * commit deep, and laid down file by file; then `refs.json` tells of it. Until then, and when anything fails, all is as it
 * was. Raises `TS_GIT_...`.
 */
export async function updateRepository(
  { repository, remote, directory, wanted, commits }: ToKeep,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Updated> {
  const gitDir = path.join(directory, 'repository');
  for (const one of [gitDir, path.join(directory, 'blobs'), path.join(directory, 'trees')])
    mkdirSync(one, { recursive: true, mode: 0o700 });
  const git = gitFor({ repository, remote, gitDir, clock, signal });
  if (!existsSync(path.join(gitDir, 'HEAD')))
    await git.text({
      doing: 'making room for',
      args: ['init', '--bare', '--quiet', '--template='],
      timeoutMs: QUICK_MS,
    });

  const told = await refsOfRemote(git);
  const ids = wanted(told);
  if (ids.size > MOST_REFS)
    throw gitErrors.tooMuch(
      { remote, what: `${ids.size} branches and tags`, most: String(MOST_REFS) },
      { hint: 'gitfs_saltenv_allowlist says which are environments' },
    );
  const failures: string[] = [];
  await fetch(git, [...ids].filter(isMissing));
  for (const id of commits.filter(isMissing)) await attempt(() => fetch(git, [id]));
  for (const id of [...ids, ...commits].filter(isMissing)) await attempt(() => layDown({ git, remote, directory }, id));

  const before = readRefs(directory);
  const now = settled();
  const text = refsText(now);
  if (before && refsText(before) === text) return { changed: false, failures };
  writeWhole(refsFile(directory), text);
  await tidy(git, directory, now, clock);
  return { changed: true, failures };

  function isMissing(id: string): boolean {
    return !existsSync(treeFile(directory, id));
  }

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      signal.throwIfAborted();
      failures.push(messageOf(thrown));
    }
  }

  /** What was told, as far as it is here; what could not be had stays what it was. */
  function settled(): Refs {
    const kind = (of: 'branch' | 'tag'): Map<string, string> =>
      new Map(
        [...told[of]]
          .filter(([, id]) => ids.has(id))
          .flatMap(([name, id]): [string, string][] => {
            const kept = isMissing(id) ? before?.[of].get(name) : id;
            return kept === undefined || isMissing(kept) ? [] : [[name, kept]];
          }),
      );
    const sha = new Map(commits.filter((id) => !isMissing(id)).map((id) => [id, id]));
    return { branch: kind('branch'), tag: kind('tag'), sha };
  }
}

/** Fetches objects by their ids, as the remote told them: no name of its reaches git, or the disk. */
async function fetch(git: Git, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const args = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', '--no-auto-gc'];
  await git.text({
    doing: 'fetching',
    args: [...args, '--no-recurse-submodules', '--stdin', 'origin'],
    stdin: ids.map((id) => `+${id}:${OWN}${id}\n`).join(''),
    timeoutMs: FETCH_MS,
  });
}

/** Where git keeps what was fetched. */
const OWN = 'refs/tsalt/';

/** Lays down the files of a commit, those that are not here already, and then the list of them. */
async function layDown(
  { git, remote, directory }: { readonly git: Git; readonly remote: string; readonly directory: string },
  id: string,
): Promise<void> {
  const listed = await filesOf(git, id, remote);
  const hashes = await knownHashes(directory);
  const news = new Set(listed.map(({ blob }) => blob).filter((blob) => !hashes.has(blob)));
  for (const [blob, sha256] of await copyBlobs({ git, remote, directory }, [...news])) hashes.set(blob, sha256);
  const files = new Map<string, KeptFile>();
  const links = new Map<string, string>();
  const pause = inSlices();
  for (const { path: name, isLink, blob, bytes } of listed) {
    const sha256 = hashes.get(blob) ?? '';
    if (isLink) links.set(name, readFileSync(blobFile(directory, sha256), 'utf8'));
    else files.set(name, [name, sha256, bytes, blob]);
    await pause();
  }
  for (const [name, file] of followed(links, files)) files.set(name, file);
  const sorted = [...files.values()].sort(([a], [b]) => (a < b ? -1 : 1));
  writeWhole(treeFile(directory, id), JSON.stringify(sorted));
}

/** The SHA-256 of blobs by git's id, of those whose bytes are here. */
async function knownHashes(directory: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const pause = inSlices();
  for (const id of keptTrees(directory)) {
    for (const [, sha256, , blob] of readTree(directory, id) ?? []) hashes.set(blob, sha256);
    await pause();
  }
  return hashes;
}

function keptTrees(directory: string): string[] {
  return readdirSync(path.join(directory, 'trees'))
    .map((name) => path.basename(name, '.json'))
    .filter(isObjectId);
}

/** Where a file is not all here (a disk was full, the power failed), all are laid down again. */
export async function dropBroken(directory: string): Promise<void> {
  if (!existsSync(path.join(directory, 'trees'))) return;
  const pause = inSlices();
  for (const id of keptTrees(directory)) {
    for (const [, sha256, bytes] of readTree(directory, id) ?? [['', 'none', -1, ''] as const]) {
      if (isSha256(sha256) && sizeOf(blobFile(directory, sha256)) === bytes) await pause();
      else return removeFiles(directory);
    }
  }
}

async function removeFiles(directory: string): Promise<void> {
  for (const folder of ['trees', 'blobs']) {
    await rm(path.join(directory, folder), { recursive: true });
    mkdirSync(path.join(directory, folder), { mode: 0o700 });
  }
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** Removes what is served no longer, and was not within the last hour. */
async function tidy(git: Git, directory: string, refs: Refs, clock: Clock): Promise<void> {
  const pause = inSlices();
  const current = new Set([...refs.branch.values(), ...refs.tag.values(), ...refs.sha.values()]);
  const now = clock.now();
  for (const id of current) utimesSync(treeFile(directory, id), now / 1000, now / 1000);
  const kept = new Set<string>();
  for (const id of keptTrees(directory)) {
    const file = treeFile(directory, id);
    const isOld = !current.has(id) && now - statSync(file).mtimeMs > KEEP_MS;
    if (isOld) await rm(file);
    else kept.add(id);
  }
  const blobs = new Set<string>();
  for (const id of kept) {
    for (const [, sha256] of readTree(directory, id) ?? []) blobs.add(sha256);
    await pause();
  }
  for (const name of readdirSync(path.join(directory, 'blobs'))) {
    if (!blobs.has(name)) await rm(path.join(directory, 'blobs', name), { force: true });
    await pause();
  }
  const listing = ['for-each-ref', '--format=%(refname)', OWN];
  const own = await git.text({ doing: 'tidying what is kept of', args: listing, timeoutMs: QUICK_MS });
  const useless = own.split('\n').filter((ref) => ref.startsWith(OWN) && !kept.has(ref.slice(OWN.length)));
  const stdin = useless.map((ref) => `delete ${ref}\n`).join('');
  await git.text({ doing: 'tidying what is kept of', args: ['update-ref', '--stdin'], stdin, timeoutMs: QUICK_MS });
  await git.text({ doing: 'tidying what is kept of', args: ['gc', '--auto', '--quiet'], timeoutMs: TIDY_MS });
}
