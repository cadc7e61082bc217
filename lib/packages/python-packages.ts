import { posix } from 'node:path';
import type { FileView } from '../contracts/machine.ts';
import { parseSpecifiers, pythonName, satisfies, type Specifier } from './python-version.ts';

/*
 * Installed Python packages, as the directories `name-version.dist-info` tell them (PyPA's "Recording installed
 * projects"), and requirements, as pip reads them. No Python is started to know either.
 */

export interface Distribution {
  readonly version: string;
  /** Where it was installed from, when that was no index (PyPA's "direct_url.json"). */
  readonly url?: string | undefined;
}

/** What is installed, by normalized name. */
export type Distributions = Readonly<Record<string, Distribution>>;

/** What pip is asked to install. */
export interface Requirement {
  /** As it was written. */
  readonly text: string;
  /** Normalized; undefined where only installing it tells. */
  readonly name: string | undefined;
  readonly specifiers: readonly Specifier[];
  /** A file, or an address that names no index. */
  readonly url?: string | undefined;
  /** It counts only where this holds, which is not known here. */
  readonly marker?: string | undefined;
}

/** The directories of packages that belong to a `pip` program. `home` is of the user it runs as. */
export function siteDirectories(files: FileView, pip: string, home: string | undefined): string[] {
  const prefix = posix.dirname(posix.dirname(pip));
  const config = `${prefix}/pyvenv.cfg`;
  const isVenv = files.follow(config)?.kind === 'file';
  const own = versioned(files, `${prefix}/lib`).map((folder) => `${folder}/site-packages`);
  const open = isVenv && /^include-system-site-packages\s*=\s*true$/im.test(files.read(config).toString());
  const system = [
    ...versioned(files, '/usr/local/lib').flatMap((folder) => [`${folder}/dist-packages`, `${folder}/site-packages`]),
    '/usr/lib/python3/dist-packages',
    ...versioned(files, '/usr/lib').flatMap((folder) => [`${folder}/site-packages`, `${folder}/dist-packages`]),
    ...versioned(files, '/usr/lib64').map((folder) => `${folder}/site-packages`),
  ];
  const personal =
    home === undefined ? [] : versioned(files, `${home}/.local/lib`).map((one) => `${one}/site-packages`);
  const isSystem = !isVenv && (prefix === '/usr' || prefix === '/usr/local' || prefix === '/');
  return [...new Set([...(isSystem ? personal : own), ...(isSystem || open ? system : [])])];
}

/** `lib/python3.11` and the like; of the system's own only those of its `python3`. */
function versioned(files: FileView, lib: string): string[] {
  if (files.follow(lib)?.kind !== 'directory') return [];
  const current = /python3\.\d+$/.exec(files.look('/usr/bin/python3')?.target ?? '')?.[0];
  const names = files.list(lib).filter((name) => /^python3\.\d+$/.test(name));
  const own = lib.startsWith('/usr/') && current !== undefined ? names.filter((name) => name === current) : names;
  return own.map((name) => `${lib}/${name}`);
}

/** All packages in these directories; an earlier directory hides a later one. */
export function distributionsIn(files: FileView, directories: readonly string[]): Distributions {
  const found: Record<string, Distribution> = {};
  for (const directory of directories) {
    if (files.follow(directory)?.kind !== 'directory') continue;
    for (const entry of files.list(directory)) {
      const [, name = '', version = ''] = /^(.+?)-([^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info$/.exec(entry) ?? [];
      if (name === '') continue;
      found[pythonName(name)] ??= { version, url: urlOf(files, `${directory}/${entry}/direct_url.json`) };
    }
  }
  return found;
}

function urlOf(files: FileView, record: string): string | undefined {
  if (files.follow(record)?.kind !== 'file') return undefined;
  try {
    const said = JSON.parse(files.read(record).toString()) as { url?: unknown };
    return typeof said.url === 'string' ? said.url : undefined;
  } catch {
    return undefined;
  }
}

const archive = /([A-Za-z0-9][A-Za-z0-9._-]*?)-(\d[A-Za-z0-9.!+_]*)(?:-[^/]*\.whl|\.tar\.gz|\.zip|\.tar\.bz2)$/;

/** Reads `name[extra] >=1,<2 ; marker`, `name @ url`, an address or the path of a file; undefined for none of these. */
export function parseRequirement(text: string): Requirement | undefined {
  const [, plain = '', marker] = /^(.*?)(?:\s*;\s*(.*))?$/s.exec(text.trim()) ?? [];
  const told = marker === undefined ? {} : { marker };
  const [, named, address] = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*@\s*(\S+)$/.exec(plain) ?? [];
  if (named !== undefined) return { text, name: pythonName(named), specifiers: [], url: address, ...told };
  if (/^[a-z+]+:\/\/|^\.{0,2}\//.test(plain)) {
    const [, name, version] = archive.exec(plain) ?? [];
    const egg = /[#&]egg=([A-Za-z0-9._-]+)/.exec(plain)?.[1] ?? name;
    return {
      text,
      name: egg === undefined ? undefined : pythonName(egg),
      specifiers: version === undefined ? [] : [{ operator: '==', version }],
      url: plain,
      ...told,
    };
  }
  const [, name, specs = ''] =
    /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?([^)]*)\)?$/.exec(plain) ?? [];
  const specifiers = parseSpecifiers(specs);
  return name === undefined || !specifiers ? undefined : { text, name: pythonName(name), specifiers, ...told };
}

/** Whether something that is installed is what is asked for. */
export function isInstalled({ name, specifiers, url }: Requirement, there: Distributions): boolean {
  if (name === undefined) {
    const bare = (address: string): string => address.replace(/^[a-z]+\+/, '').replace(/[@#].*$/, '');
    return Object.values(there).some((one) => one.url !== undefined && bare(one.url) === bare(url ?? ''));
  }
  const found = there[name];
  return found !== undefined && satisfies(found.version, specifiers);
}

/** A file of requirements, line by line; undefined for a line that only pip understands. */
export function parseRequirements(text: string): (Requirement | undefined)[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s--hash[= ]\S+/g, '')
        .trim(),
    )
    .filter(
      (line) =>
        line !== '' &&
        !/^--?(index-url|extra-index-url|find-links|trusted-host|no-index|pre|prefer-binary|i|f)\b/.test(line),
    )
    .map((line) => (line.startsWith('-') ? undefined : parseRequirement(line)));
}
