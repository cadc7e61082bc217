import { treeOfFiles } from '../../lib/custom/files.ts';
import { loadCustom, type LoadedCustom } from '../../lib/custom/load.ts';
import type { OwnCode } from '../own-code.ts';

/** Runs a file of an operator's own code that the master sent. Raises what is wrong with it, with the places. */
export function loadOwn({ kind, path, files }: OwnCode): Promise<LoadedCustom> {
  const bytes = Object.entries(files).map(([name, { base64 }]) => [name, Buffer.from(base64, 'base64')] as const);
  const tree = treeOfFiles(Object.fromEntries(bytes), (name) => files[name]?.shown ?? name);
  return loadCustom(kind, path, tree);
}
