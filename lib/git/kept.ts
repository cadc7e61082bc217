import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TreeEntry } from '../file-tree.ts';
import { isMap } from '../json.ts';

/*
 * What is kept of a repository, in a directory whose name is a hash: `refs.json` (what its branches and tags were when all
 * they lead to was here), `trees/<object id>.json` (the files of each) and `blobs/<sha256>`. No name of a repository is a
 * part of a path; what `refs.json` names is there whole.
 */

/** Where a repository is, and as whom it is asked. */
export interface Repository {
  readonly url: string;
  readonly ssl_verify: boolean;
  readonly privkey?: string | undefined;
  readonly http_header_file?: string | undefined;
}

/** Object ids by name. */
export interface Refs {
  readonly branch: ReadonlyMap<string, string>;
  readonly tag: ReadonlyMap<string, string>;
  /** Those that config names by their ids. */
  readonly sha: ReadonlyMap<string, string>;
}

/** A file as a repository has it: links are what they lead to. `blob` is git's id of it. */
export type KeptFile = readonly [path: string, sha256: string, bytes: number, blob: string];

export const noRefs: Refs = { branch: new Map(), tag: new Map(), sha: new Map() };

/** The directory of a repository under that of all; `use` keeps what minions may fetch apart from what is pillar. */
export function directoryOf(all: string, use: 'files' | 'pillar', repository: Repository): string {
  const { url, ssl_verify: verify, privkey = '', http_header_file: header = '' } = repository;
  const id = createHash('sha256')
    .update(JSON.stringify([use, url, verify, privkey, header]))
    .digest('hex');
  return path.join(all, id.slice(0, 32));
}

const hex = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Whether a text is the whole id of an object. */
export const isObjectId = (text: unknown): text is string => typeof text === 'string' && hex.test(text);

export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Where the bytes with a hash are. */
export function blobFile(directory: string, sha256: string): string {
  if (!isSha256(sha256)) throw new RangeError('not a SHA-256');
  return path.join(directory, 'blobs', sha256);
}

/** Where the files of a commit (or tag) are listed. */
export function treeFile(directory: string, id: string): string {
  if (!isObjectId(id)) throw new RangeError('not an object id');
  return path.join(directory, 'trees', `${id}.json`);
}

export const refsFile = (directory: string): string => path.join(directory, 'refs.json');

/** What the branches and tags are; undefined for what was never fetched whole. */
export function readRefs(directory: string): Refs | undefined {
  const told = readJson(refsFile(directory));
  if (!isMap(told)) return undefined;
  const map = (kind: keyof Refs): ReadonlyMap<string, string> => {
    const pairs = told[kind];
    return new Map(
      (Array.isArray(pairs) ? pairs : []).flatMap((pair: unknown): [string, string][] => {
        const [name, id] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
        return typeof name === 'string' && isObjectId(id) ? [[name, id]] : [];
      }),
    );
  };
  return { branch: map('branch'), tag: map('tag'), sha: map('sha') };
}

/** The same as it is written. */
export function refsText({ branch, tag, sha }: Refs): string {
  return JSON.stringify({ branch: [...branch], tag: [...tag], sha: [...sha] });
}

/** The files of a commit, sorted by path; undefined where they are not kept. */
export function readTree(directory: string, id: string): readonly KeptFile[] | undefined {
  const told = readJson(treeFile(directory, id));
  if (!Array.isArray(told)) return undefined;
  // Written by this master, whole or not at all.
  return told as KeptFile[];
}

/** A part of a tree under another place, as Salt's `root` and `mountpoint` have it. */
export interface Placed {
  readonly root: string;
  readonly mountpoint: string;
}

/** The tree of a commit, as a part of another tree. */
export interface KeptPlace extends Placed {
  /** That of the repository. */
  readonly directory: string;
  /** Id of a commit, or of a tag that leads to one. */
  readonly id: string;
}

/** The entries that a tree has when only what is under `root` counts, and stands under `mountpoint`. */
export function placed(files: readonly KeptFile[], { root, mountpoint }: Placed): TreeEntry[] {
  const [from, to] = [root, mountpoint].map((folder) => (folder === '' ? '' : `${folder}/`)) as [string, string];
  return files.flatMap(([name, sha256, bytes]): TreeEntry[] =>
    name.startsWith(from) ? [[to + name.slice(from.length), sha256, bytes]] : [],
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    // What is not there, or not whole, is fetched again.
    return undefined;
  }
}
