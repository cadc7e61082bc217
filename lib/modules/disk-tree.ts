import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { ModuleFile, ModuleTree } from './parts.ts';

/** The machine's own files as a tree of modules, for a module of TypeScript at an absolute path; packages are those that it would `require`. */
export function moduleOnDisk(file: string): { readonly entry: ModuleFile; readonly tree: ModuleTree } {
  const { resolve } = createRequire(file);
  return {
    entry: { path: file.slice(1), text: readFileSync(file, 'utf8'), language: 'TypeScript' },
    tree: {
      read: (path) => unlessMissing(() => readFileSync(`/${path}`)),
      list: (folder) => unlessMissing(() => readdirSync(`/${folder}`)) ?? [],
      shown: (path) => `/${path}`,
      packageUrl: (specifier) => {
        try {
          return pathToFileURL(resolve(specifier)).href;
        } catch {
          // That there is none is told where it is imported.
          return undefined;
        }
      },
    },
  };
}

/** Whether code at this path is TypeScript. */
export function isTypeScript(file: string): boolean {
  return /\.m?ts$/.test(file);
}

function unlessMissing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw cause;
  }
}
