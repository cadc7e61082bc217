import type { FileView } from '../contracts/machine.ts';

/* Modules of the kernel: proc(5), modprobe(8), modules-load.d(5). */

export interface LoadedModule {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** How many use it. */
  readonly uses: number;
  /** The modules that do. */
  readonly users: readonly string[];
}

/** Both marks mean the same in names of modules. */
export const moduleName = (name: string): string => name.replaceAll('-', '_');

const linesOf = (files: FileView, path: string): string[] =>
  files.follow(path)?.kind === 'file' ? files.read(path).toString('utf8').split('\n').filter(Boolean) : [];

export function loadedModules(files: FileView): Map<string, LoadedModule> {
  return new Map(
    linesOf(files, '/proc/modules').map((line) => {
      const [name = '', size, uses, users = ''] = line.split(' ');
      const found = users === '-' ? [] : users.split(',').filter(Boolean);
      return [name, { name, size: Number(size), uses: Number(uses), users: found }];
    }),
  );
}

/** Built into the kernel, so always there. */
export function isBuiltIn(files: FileView, name: string): boolean {
  return files.follow(`/sys/module/${moduleName(name)}`) !== undefined && !loadedModules(files).has(moduleName(name));
}

/** All modules of the running kernel, each with those it needs; empty where they are not installed. */
export function availableModules(files: FileView): Map<string, readonly string[]> {
  const [release = ''] = linesOf(files, '/proc/sys/kernel/osrelease');
  const name = (path: string): string => moduleName(path.replace(/^.*\//, '').replace(/\.ko.*$/, ''));
  return new Map(
    linesOf(files, `/lib/modules/${release}/modules.dep`).map((line) => {
      const [path = '', needs = ''] = line.split(':');
      return [name(path), needs.split(' ').filter(Boolean).map(name)];
    }),
  );
}

/** Where the modules are listed that are loaded at each start; systemd's place in Salt's name, so that its lists go on. */
export function modulesFile(files: FileView): string {
  return files.follow('/etc/modules-load.d')?.kind === 'directory'
    ? '/etc/modules-load.d/salt_managed.conf'
    : '/etc/modules';
}

/** The lines of that list. */
export function modulesLines(files: FileView): string[] {
  const path = modulesFile(files);
  if (files.follow(path)?.kind !== 'file') return [];
  const lines = files.read(path).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The module that a line of the list names; undefined for comments and blank lines. */
export function listedModule(line: string): string | undefined {
  const [word = ''] = line.trim().split(/\s+/);
  return word === '' || /^[#;]/.test(word) ? undefined : moduleName(word);
}
