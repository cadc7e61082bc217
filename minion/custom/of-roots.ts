import { createHash } from 'node:crypto';
import { entriesOf } from '../../lib/custom/files.ts';
import { folderOf, minionKindNames } from '../../lib/custom/names.ts';
import { BASE, directoriesOf, type Roots } from '../../lib/environments.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { TreeEntry } from '../../lib/file-tree.ts';
import type { Log } from '../../lib/log.ts';
import { treeOfRoots } from '../../states/engine/roots.ts';
import { codeOf, tryFiles, type CustomCode } from './code.ts';
import { readIndex, rootsIndex, writeIndex, type CustomIndex } from './index-file.ts';

export interface RootsCode {
  readonly code: CustomCode;
  /** What was there when it was looked at last. */
  readonly before: CustomIndex;
}

/** An operator's own code in directories of this machine, as it is now. What it is was noted in the cache, where that can be written. */
export async function codeOfRoots(
  config: { readonly file_roots: Roots; readonly saltenv?: string | undefined; readonly cachedir: string },
  log: Log,
): Promise<RootsCode> {
  const environment = config.saltenv ?? BASE;
  const roots = directoriesOf(config.file_roots, environment) ?? [];
  const tree = treeOfRoots(roots);
  const bytesOf = async (name: string): Promise<Buffer> => (await tree.read(name)) ?? Buffer.alloc(0);
  const entries: TreeEntry[] = [];
  for (const kind of minionKindNames)
    for (const inside of tree.list(folderOf(kind))) {
      const name = `${folderOf(kind)}/${inside}`;
      if (!tree.has(name)) continue;
      const bytes = await bytesOf(name);
      entries.push([name, createHash('sha256').update(bytes).digest('hex'), bytes.length]);
    }
  const own = entriesOf(entries, minionKindNames);
  const files = own.length === 0 ? {} : { [environment]: own };
  const key = createHash('sha256')
    .update(JSON.stringify([environment, roots]))
    .digest('hex')
    .slice(0, 16);
  const file = rootsIndex(config.cachedir, key);
  const before = readIndex(file);
  const fetch = (_: string, [name]: TreeEntry): Promise<Buffer> => bytesOf(name);
  const shown = (_: string, name: string): string => tree.shown(name);
  const isSame = JSON.stringify(before.files) === JSON.stringify(files);
  const index = isSame ? before : await tryFiles(files, fetch, shown);
  if (!isSame) keep(file, index, log);
  return { code: codeOf(index, fetch, shown), before };
}

function keep(file: string, index: CustomIndex, log: Log): void {
  try {
    writeIndex(file, index);
  } catch (thrown) {
    log('debug', 'what there is of custom modules is not kept', { reason: messageOf(thrown) });
  }
}
