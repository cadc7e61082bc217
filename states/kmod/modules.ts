import * as v from 'valibot';
import type { FileView, Step } from '../../lib/contracts/machine.ts';
import {
  isBuiltIn,
  loadedModules,
  moduleName,
  modulesFile,
  modulesLines,
  type LoadedModule,
} from '../../lib/system/kernel-modules.ts';

/** A module, with options after it (`bonding mode=4`). */
const module = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]*( +[A-Za-z0-9_.]+(=[^\s]*)?)*$/, 'the name of a module of the kernel'),
);

/** What the functions of kmod have in common. */
export const moduleArgs = {
  name: v.string(),
  mods: v.optional(v.array(module)),
  persist: v.optional(v.boolean(), false),
};

export function checkModules({ name, mods }: { readonly name: string; readonly mods?: readonly string[] | undefined }) {
  return mods || v.is(module, name) ? undefined : `${JSON.stringify(name)} is not the name of a module of the kernel`;
}

export interface ModuleFacts {
  readonly wanted: readonly { readonly text: string; readonly name: string; readonly builtIn: boolean }[];
  /** Whether a kernel runs what is managed here. */
  readonly running: boolean;
  readonly loaded: ReadonlyMap<string, LoadedModule>;
  readonly list: { readonly path: string; readonly lines: readonly string[] };
}

export function readModules(
  { name, mods }: { readonly name: string; readonly mods?: readonly string[] | undefined },
  files: FileView,
): ModuleFacts {
  const wanted = (mods ?? [name]).map((text) => {
    const first = moduleName(text.split(' ')[0] ?? text);
    return { text, name: first, builtIn: isBuiltIn(files, first) };
  });
  const running = files.follow('/proc/modules') !== undefined;
  return {
    wanted,
    running,
    loaded: loadedModules(files),
    list: { path: modulesFile(files), lines: modulesLines(files) },
  };
}

/** `module a is`, `modules a, b are`. */
export function some(names: readonly string[], rest: (verb: string) => string): string {
  return `Kernel module${names.length === 1 ? '' : 's'} ${names.join(', ')} ${rest(names.length === 1 ? 'is' : 'are')}`;
}

export function writeList({ path }: ModuleFacts['list'], lines: readonly string[]): Step {
  return { do: 'write', path, content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

/** The command, after which these are the loaded ones. */
export function withLoaded(argv: readonly string[], loaded: Iterable<LoadedModule>): Step {
  const text = [...loaded]
    .map(
      ({ name, size, uses, users }) =>
        `${name} ${size} ${uses} ${users.length > 0 ? `${users.join(',')},` : '-'} Live 0x0\n`,
    )
    .join('');
  return {
    do: 'run',
    command: { argv },
    must: true,
    foretells: [{ do: 'write', path: '/proc/modules', content: Buffer.from(text) }],
  };
}
