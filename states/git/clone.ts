import type { FileStep, FileView } from '../../lib/contracts/machine.ts';

/** What stands where a repository is to be cloned to. */
export interface Ground {
  /** It is a file. */
  readonly isFile: boolean;
  /** What is in the way, in the directory. */
  readonly contents: readonly string[];
}

export function readGround(files: FileView, target: string): Ground {
  const there = files.follow(target);
  return {
    isFile: there !== undefined && there.kind !== 'directory',
    contents: there?.kind === 'directory' ? files.list(target) : [],
  };
}

/** Salt's words for what is in the way. */
export function groundProblem({ isFile, contents }: Ground, target: string, force: boolean): string | undefined {
  if (isFile) return `Target '${target}' exists and is a regular file, cannot proceed`;
  return contents.length > 0 && !force
    ? `Target '${target}' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this directory's contents and proceed with cloning the remote repository`
    : undefined;
}

/** What is there of a clone for whoever looks before it is made: a repository with nothing in it yet. */
export function foretellClone(target: string, name: string, remote: string, bare: boolean): FileStep[] {
  const folder = bare ? target : `${target}/.git`;
  return [
    { do: 'mkdir', path: `${folder}/objects`, parents: true },
    { do: 'mkdir', path: `${folder}/refs`, parents: true },
    { do: 'write', path: `${folder}/HEAD`, content: Buffer.from('ref: refs/heads/master\n') },
    { do: 'write', path: `${folder}/config`, content: Buffer.from(`[remote "${remote}"]\n\turl = ${name}\n`) },
  ];
}

/** Whom the new files belong to is git's affair; what is in the way goes before. */
export function clearGround({ contents }: Ground, target: string): FileStep[] {
  return contents.map((name) => ({ do: 'remove', path: `${target}/${name}` }));
}
