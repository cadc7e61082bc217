import { readdirSync, readFileSync, statSync } from 'node:fs';
import { configErrors } from '../errors/config.ts';
import { messageOf } from '../errors/error.ts';

/** The file system as config sees it. */
export interface ConfigFiles {
  /** A file's text; undefined when there is none. Raises `TS_CONFIG_UNREADABLE`. */
  read(path: string): string | undefined;
  /** The names in a directory, in byte order; empty when there is none. */
  list(path: string): readonly string[];
  /** Not said: every directory is there. */
  isDirectory?(path: string): boolean;
}

export const configFiles: ConfigFiles = {
  isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  read: (path) => orMissing(path, undefined, () => readFileSync(path, 'utf8')),
  list: (path) =>
    orMissing(path, [], () => readdirSync(path).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))),
};

function orMissing<T>(path: string, missing: T, get: () => T): T {
  try {
    return get();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return missing;
    throw configErrors.unreadable({ path, reason: messageOf(error) }, { cause: error });
  }
}
