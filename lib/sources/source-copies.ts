import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { FileStep, Reading } from '../contracts/machine.ts';

/** The directory of the minion's own that files are kept in. */
export function cacheDirectory({ opts }: Reading): string {
  return typeof opts['cachedir'] === 'string' ? opts['cachedir'] : '/var/cache/tsalt';
}

/** Where a copy of a source (`salt://...`, `http://...`) is kept: by its address, as far as that is made of harmless names. */
export function copyPath(machine: Reading, url: string): string {
  const [, scheme = '', host = '', path = '', more = ''] = /^(\w+):\/\/([^/?#]*)([^?#]*)(.*)$/s.exec(url) ?? [];
  const names = `${scheme}/${host.replace(/^.*@/, '')}${path}`.split('/').filter((name) => name !== '');
  const harmless = names.map((name) =>
    name
      .replace(/[^\w.:+~-]/g, '_')
      .replace(/^\.+$/, '_')
      .slice(0, 100),
  );
  const isWhole = more === '' && !host.includes('@') && names.join('/') === harmless.join('/');
  const told = isWhole ? '' : `-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
  return posix.join(cacheDirectory(machine), 'sources', `${harmless.join('/')}${told}`);
}

/** Beside a copy: the tag the server gave it. */
export function etagPath(copy: string): string {
  return `${copy}.etag`;
}

/** Keeps a copy; only the minion's own user may look into it. */
export function keepSteps(copy: string, content: Buffer, etag?: string): FileStep[] {
  return [
    { do: 'mkdir', path: posix.dirname(copy), parents: true, mode: 0o700 },
    { do: 'write', path: copy, content, mode: 0o600 },
    ...(etag === undefined
      ? []
      : [{ do: 'write', path: etagPath(copy), content: Buffer.from(etag), mode: 0o600 } as const]),
  ];
}
