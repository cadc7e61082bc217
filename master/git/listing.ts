import { gitErrors } from '../../lib/errors/git.ts';
import { isObjectId, noRefs, type Refs } from '../../lib/git/kept.ts';
import { inSlices } from '../../lib/slices.ts';
import type { Git } from './process.ts';

const LIST_MS = 60_000;
const READ_MS = 10 * 60_000;

/** What a remote's branches and tags are now, as it tells; names are only looked at. */
export async function refsOfRemote(git: Git): Promise<Refs> {
  const args = ['ls-remote', '--refs', '--quiet', 'origin', 'refs/heads/*', 'refs/tags/*'];
  const told = await git.text({ doing: 'asking', args, timeoutMs: LIST_MS });
  const branch = new Map<string, string>();
  const tag = new Map<string, string>();
  for (const line of told.split('\n')) {
    const [, id, kind, name = ''] = /^([0-9a-f]+)\trefs\/(heads|tags)\/(.+)$/.exec(line) ?? [];
    if (isObjectId(id)) (kind === 'heads' ? branch : tag).set(name, id);
  }
  return { ...noRefs, branch, tag };
}

/** A file or link of a commit, as git lists it. */
export interface Listed {
  readonly path: string;
  readonly isLink: boolean;
  readonly blob: string;
  readonly bytes: number;
}

/** No more files of a commit, and no more bytes of one, are taken: a minion holds a file whole. */
export const MOST_FILES = 100_000;
export const MOST_BYTES = 512 * 1024 * 1024;

/**
 * The files and links of a commit. Submodules, and names that could be no part of a path, are left out. Raises
 * `TS_GIT_TOO_MUCH`.
 */
export async function filesOf(git: Git, id: string, remote: string): Promise<Listed[]> {
  const found: Listed[] = [];
  const pause = inSlices();
  const args = ['ls-tree', '-r', '-z', '--long', '--full-tree', id];
  await git.stream({ doing: 'listing the files of', args, timeoutMs: READ_MS }, async (output) => {
    let rest: Buffer = Buffer.alloc(0);
    for await (const part of output as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, part]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        const one = listedOf(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        if (one && one.bytes > MOST_BYTES)
          throw gitErrors.tooMuch({ remote, what: `a file of ${one.bytes} bytes`, most: `${MOST_BYTES}` });
        if (one) found.push(one);
        if (found.length > MOST_FILES)
          throw gitErrors.tooMuch({ remote, what: 'very many files in a commit', most: `${MOST_FILES}` });
        await pause();
      }
    }
  });
  return found;
}

/** `<mode> <type> <id> <size>\t<path>` (git-ls-tree(1)). */
function listedOf(line: Buffer): Listed | undefined {
  const tab = line.indexOf(9);
  const [mode = '', type, blob, bytes] = line.subarray(0, tab).toString('latin1').split(/ +/);
  const path = line.subarray(tab + 1).toString('utf8');
  if (type !== 'blob' || !isObjectId(blob) || !isPlain(path)) return undefined;
  return { path, isLink: mode === '120000', blob, bytes: Number(bytes) };
}

/** Whether a path of a repository may be one of a tree. */
function isPlain(path: string): boolean {
  if (/[\p{Cc}\ufffd]/u.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
