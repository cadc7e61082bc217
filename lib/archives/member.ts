/** One thing in an archive. */
export interface Member {
  /** Relative, without a slash at its end, and never leading out of where it is put. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits; undefined where the archive tells none. */
  readonly mode: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  /** In ms since 1970. */
  readonly mtimeMs?: number | undefined;
  /** What a link points at. */
  readonly target?: string | undefined;
  /** What a file holds; undefined where only the archive's own program can get it. */
  readonly content?: Buffer | undefined;
}

/** The members of an archive, or why it can't be read: `program` where its own program can. */
export type Contents =
  | { readonly members: readonly Member[] }
  | { readonly problem: string; readonly program?: boolean };

/** A path as it may be in an archive, made plain; undefined for one that leads out. */
export function plainPath(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return path.startsWith('/') || parts.includes('..') || path.includes('\0') ? undefined : parts.join('/');
}

/** The members without their first `count` directories. */
export function strip(members: readonly Member[], count: number): Member[] {
  return members.flatMap((member) => {
    const path = member.path.split('/').slice(count).join('/');
    return path === '' ? [] : [{ ...member, path }];
  });
}

/** The first member that is below a link of the same archive: written, it would be wherever the link leads. */
export function throughLink(members: readonly Member[]): string | undefined {
  const links = new Set(members.flatMap(({ kind, path }) => (kind === 'symlink' ? [path] : [])));
  if (links.size === 0) return undefined;
  return members.find(({ path }) => {
    const parts = path.split('/');
    return parts.some((_, at) => at > 0 && links.has(parts.slice(0, at).join('/')));
  })?.path;
}
