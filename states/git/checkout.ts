import { posix } from 'node:path';
import type { FileView } from '../../lib/contracts/machine.ts';
import { parseGitConfig, valuesOf, type GitConfig } from '../../lib/system/git-config.ts';

/** A repository on this machine, as its files tell it (gitrepository-layout(5)). No process is started. */
export interface Checkout {
  readonly gitFolder: string;
  readonly bare: boolean;
  /** Where HEAD is: the commit, and the branch unless it is detached. Both undefined in an empty repository. */
  readonly head: string | undefined;
  readonly branch: string | undefined;
  /** All refs by their full names. */
  readonly refs: Readonly<Record<string, string>>;
  readonly config: GitConfig;
}

/** Undefined where there is none. */
export function readCheckout(files: FileView, folder: string): Checkout | undefined {
  const gitFolder = gitFolderOf(files, folder);
  if (gitFolder === undefined || files.follow(`${gitFolder}/HEAD`)?.kind !== 'file') return undefined;
  const common = textOf(files, `${gitFolder}/commondir`);
  const store = common === undefined ? gitFolder : posix.resolve(gitFolder, common.trim());
  const refs = { ...packed(files, store), ...loose(files, store, 'refs') };
  const said = textOf(files, `${gitFolder}/HEAD`)?.trim() ?? '';
  const ref = /^ref: (\S+)$/.exec(said)?.[1];
  return {
    gitFolder,
    bare: gitFolder === folder,
    head: ref === undefined ? said : refs[ref],
    branch: ref?.replace(/^refs\/heads\//, ''),
    refs,
    config: parseGitConfig(textOf(files, `${store}/config`) ?? ''),
  };
}

/** `.git`, what a file of that name points at, or the folder itself where it is bare. */
function gitFolderOf(files: FileView, folder: string): string | undefined {
  const inner = `${folder}/.git`;
  const facts = files.follow(inner);
  if (facts?.kind === 'directory') return inner;
  if (facts?.kind === 'file') {
    const [, target] = /^gitdir: (.+)$/m.exec(files.read(inner).toString()) ?? [];
    return target === undefined ? undefined : posix.resolve(folder, target);
  }
  return files.follow(`${folder}/refs`)?.kind === 'directory' && files.follow(`${folder}/objects`) ? folder : undefined;
}

function packed(files: FileView, store: string): Record<string, string> {
  const text = textOf(files, `${store}/packed-refs`) ?? '';
  return Object.fromEntries(
    [...text.matchAll(/^([0-9a-f]{40,64}) (\S+)$/gm)].map(([, sha = '', ref = '']) => [ref, sha]),
  );
}

function loose(files: FileView, store: string, below: string): Record<string, string> {
  const found: Record<string, string> = {};
  const folder = `${store}/${below}`;
  if (files.follow(folder)?.kind !== 'directory') return found;
  for (const name of files.list(folder)) {
    const ref = `${below}/${name}`;
    const kind = files.follow(`${store}/${ref}`)?.kind;
    if (kind === 'directory') Object.assign(found, loose(files, store, ref));
    const sha = kind === 'file' ? (textOf(files, `${store}/${ref}`)?.trim() ?? '') : '';
    if (/^[0-9a-f]{40,64}$/.test(sha)) found[ref] = sha;
  }
  return found;
}

function textOf(files: FileView, path: string): string | undefined {
  return files.follow(path)?.kind === 'file' ? files.read(path).toString() : undefined;
}

export const remoteUrl = ({ config }: Checkout, remote: string): string | undefined =>
  valuesOf(config, `remote.${remote}.url`)[0];

/** `origin/main`, where a branch follows one. */
export function upstreamOf({ config }: Checkout, branch: string | undefined): string | undefined {
  if (branch === undefined) return undefined;
  const [remote] = valuesOf(config, `branch.${branch}.remote`);
  const [merge] = valuesOf(config, `branch.${branch}.merge`);
  return remote === undefined || merge === undefined ? undefined : `${remote}/${merge.replace(/^refs\/heads\//, '')}`;
}
