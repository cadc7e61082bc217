import { stateErrors } from '../../lib/errors/state.ts';

/** What a `salt://` address names: a path in a tree, and the environment whose tree that is where it says so. */
export interface Address {
  readonly path: string;
  readonly environment?: string | undefined;
}

/** Reads `salt://web/site.conf` and `salt://web/site.conf?saltenv=dev`. Raises `TS_STATE_BAD_SOURCE`. */
export function addressOf(url: string): Address {
  const address = read(url);
  if (address === undefined) throw stateErrors.badSource({ url });
  return address;
}

/** Whether it can name a file of a tree. */
export function isAddress(url: string): boolean {
  return read(url) !== undefined;
}

function read(url: string): Address | undefined {
  // Names of files may have question marks in them.
  const [, path, environment] = /^salt:\/\/(.*?)(?:\?saltenv=(.*)|\?env=.*)?$/s.exec(url) ?? [];
  if (path === undefined) return undefined;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || path.includes('\0')) return undefined;
  return { path: parts.join('/'), environment };
}
