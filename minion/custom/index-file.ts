import { mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { MinionKind } from '../../lib/custom/names.ts';
import type { TreeEntry } from '../../lib/file-tree.ts';
import type { JsonMap } from '../../lib/json.ts';
import { version } from '../../lib/version.ts';
import { writeWhole } from '../../lib/write-whole.ts';

/** A file of an operator's own code, as it was found when it was tried. */
export interface CustomPlugin {
  readonly kind: MinionKind;
  readonly name: string;
  readonly environment: string;
  readonly path: string;
  /** Names of the functions in it. */
  readonly functions: readonly string[];
  /** All that is wrong with it (`packError`): it is not to be used then. */
  readonly problems: readonly JsonMap[];
}

/** What there is of an operator's own code. */
export interface CustomIndex {
  /** By environment; the bytes are where state files are, by their hash. */
  readonly files: Readonly<Record<string, readonly TreeEntry[]>>;
  readonly plugins: readonly CustomPlugin[];
}

export const nothing: CustomIndex = { files: {}, plugins: [] };

const folder = 'custom';

/** Where a minion notes what it has of its master. */
export function masterIndex(cachedir: string): string {
  return path.join(cachedir, folder, 'index.json');
}

/** Where what was found of directories of this machine is noted; `key` tells them apart, as hex. */
export function rootsIndex(cachedir: string, key: string): string {
  return path.join(cachedir, folder, `roots-${key}.json`);
}

/** Nothing where there is no such file, or where another version of tsalt wrote it. */
export function readIndex(file: string): CustomIndex {
  const known = parse(file);
  return known?.version === version ? known : nothing;
}

function parse(file: string): (CustomIndex & { readonly version: string }) | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as CustomIndex & { readonly version: string };
  } catch {
    // What can't be read is made anew with the next sync.
    return undefined;
  }
}

/** Raises Node's errors. */
export function writeIndex(file: string, index: CustomIndex): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, JSON.stringify({ version, ...index }));
}

/** Reads an index again when its file is another one: what asks often reads it seldom. */
export function watchedIndex(file: string): () => CustomIndex {
  let stamp = '';
  let known = nothing;
  return () => {
    const stats = statSync(file, { throwIfNoEntry: false });
    const now = stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : '';
    if (now !== stamp) known = now === '' ? nothing : readIndex(file);
    stamp = now;
    return known;
  };
}
