import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { withoutPassword } from '../../lib/sources/download.ts';
import { fetchSource, localSource, type FromWeb } from '../../lib/sources/fetch-source.ts';

/** `sources`: a list of `name: file`. Gives pairs. */
export const listSources = v.pipe(
  v.array(v.record(v.string(), v.string())),
  v.transform((given) => given.flatMap((one) => Object.entries(one))),
);

type Sources = readonly (readonly [name: string, url: string])[];

/** A package that comes as a file. */
export interface PackageFile {
  readonly version: string;
  /** Where it is when the package manager gets it. */
  readonly path: string;
  /** What is written there before, and removed after; undefined for a file that is on the machine. */
  readonly content?: Buffer;
  /** What keeps a copy of it, for the next run to ask only whether it is another one. */
  readonly keep?: readonly Step[] | undefined;
  readonly folderExists: boolean;
}

export const sourceUrls = (sources: Sources): string[] => sources.map(([, url]) => url);

/** As in Salt no hash is asked for: the package manager is told of the file as of any other. */
const keeping: FromWeb = { skip_verify: true, use_etag: true, keep_source: true, verify_ssl: true };

const folder = '/var/cache/tsalt/packages';

/** What the files hold; a sentence when one of them can't be had or is another package. */
export async function readPackageFiles(
  sources: Sources,
  machine: Reading,
): Promise<Record<string, PackageFile> | string> {
  const found: Record<string, PackageFile> = {};
  const folderExists = machine.files.follow(folder)?.kind === 'directory';
  for (const [name, url] of sources) {
    const local = localSource(url);
    if (local !== undefined && machine.files.follow(local)?.kind !== 'file') return `Source file ${url} not found`;
    const source = local === undefined ? await fetchSource(machine, [url], keeping) : undefined;
    if (typeof source === 'string') return source;
    const facts = await machine.packages.describe(source ? { content: source.content } : { path: local ?? url });
    if (!facts) return `${withoutPassword(url)} is no package file`;
    if (facts.name !== name) return `${withoutPassword(url)} is the package ${facts.name}, not ${name}`;
    const kind = machine.packages.manager === 'dnf' ? 'rpm' : 'deb';
    const path = `${folder}/${name}_${facts.version.replaceAll(':', '%3a')}.${kind}`;
    found[name] = source
      ? { version: facts.version, path, content: source.content, keep: source.keep, folderExists }
      : { version: facts.version, path: local ?? url, folderExists };
  }
  return found;
}

type Files = readonly (readonly [name: string, file: PackageFile])[];

/** The steps that put files of the state tree and of web servers where the package manager can read them. */
export function placeFiles(files: Files): Step[] {
  const carried = files.flatMap(([, file]) => (file.content ? [{ ...file, content: file.content }] : []));
  const make: Step[] =
    carried.length > 0 && !carried.some(({ folderExists }) => folderExists)
      ? [{ do: 'mkdir', path: folder, parents: true, mode: 0o755 }]
      : [];
  return [
    ...make,
    ...carried.flatMap(({ keep = [] }) => keep),
    ...carried.map(({ path, content }): Step => ({ do: 'write', path, content, mode: 0o644 })),
  ];
}

/** The steps that take them away again. */
export function cleanUp(files: Files): Step[] {
  return files.flatMap(([, { path, content }]): Step[] => (content ? [{ do: 'remove', path }] : []));
}
