import type { IncomingMessage } from 'node:http';
import { systemClock, type Clock } from '../clock.ts';
import type { Download, DownloadOptions, DownloadView } from '../contracts/machine.ts';
import { downloadErrors } from '../errors/downloads.ts';
import { systemAuthorities } from '../system/authorities.ts';

export interface DownloadLimits {
  readonly maxBytes: number;
  readonly maxRedirections: number;
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Milliseconds for all of it. */
  readonly totalMs: number;
}

/** A package of a few hundred megabytes over a slow line comes through; a stream without end does not. */
const usual: DownloadLimits = {
  maxBytes: 1024 * 1024 * 1024,
  maxRedirections: 10,
  idleMs: 60_000,
  totalMs: 3_600_000,
};

/**
 * Downloads by `node:http` and `node:https`: not `fetch`, which unpacks what a server says is packed, so that the hash is
 * that of other bytes, and which can't leave a certificate unchecked. Raises `TS_DOWNLOAD_...`.
 */
export function createDownloads(clock: Clock = systemClock, limits: Partial<DownloadLimits> = {}): DownloadView {
  const bounds = { ...usual, ...limits };

  return {
    async get(address, options = {}) {
      let url = webAddress(address);
      const ends = clock.monotonic() + bounds.totalMs;
      for (let redirections = 0; redirections <= bounds.maxRedirections; redirections++) {
        const answer = await getOne(url, options, { ...bounds, totalMs: ends - clock.monotonic() });
        if (!(answer instanceof URL)) return answer;
        url = answer;
      }
      throw downloadErrors.redirections({ url: shown(webAddress(address)), most: bounds.maxRedirections });
    },
  };

  /** What one address gives, or where it leads. */
  async function getOne(url: URL, options: DownloadOptions, within: DownloadLimits): Promise<Download | URL> {
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const where = shown(url);
    return new Promise((resolve, reject) => {
      const timers = new Set<() => void>();
      const end = (settle: () => void): void => {
        for (const cancel of timers) cancel();
        timers.clear();
        settle();
        asked.destroy();
      };
      const fail = (error: Error): void => end(() => reject(error));
      const asked = request(url, {
        agent: false,
        headers: {
          'user-agent': 'tsalt',
          accept: '*/*',
          'accept-encoding': 'identity',
          ...(options.etag === undefined ? {} : { 'if-none-match': options.etag }),
        },
        ...(url.protocol === 'https:'
          ? { ca: systemAuthorities(), rejectUnauthorized: options.verifyTls !== false }
          : {}),
      });
      let cancelIdle = (): void => {};
      const heard = (): void => {
        cancelIdle();
        timers.delete(cancelIdle);
        const seconds = within.idleMs / 1000;
        cancelIdle = clock.after(within.idleMs, () => fail(downloadErrors.tooSlow({ url: where, seconds })), true);
        timers.add(cancelIdle);
      };
      const tooLong = downloadErrors.tooLong({ url: where, seconds: Number((bounds.totalMs / 1000).toFixed(1)) });
      timers.add(clock.after(Math.max(0, within.totalMs), () => fail(tooLong), true));
      heard();
      asked.on('error', (cause) =>
        fail(downloadErrors.unreachable({ url: where, reason: reasonOf(cause) }, { cause })),
      );
      asked.on('response', (response) => {
        heard();
        const status = response.statusCode ?? 0;
        const target = response.headers.location;
        if ([301, 302, 303, 307, 308].includes(status) && target !== undefined) {
          const next = redirected(url, target);
          return end(() =>
            next ? resolve(next) : reject(downloadErrors.badRedirection({ url: where, target: shownText(target) })),
          );
        }
        if (status === 304 && options.etag !== undefined) return end(() => resolve('unchanged'));
        if (status !== 200) {
          return fail(
            downloadErrors.refused({ url: where, status: `${status} ${response.statusMessage ?? ''}`.trim() }),
          );
        }
        gather(response, heard, where, within.maxBytes)
          .then((content) => end(() => resolve({ content, etag: response.headers.etag })))
          .catch(fail);
      });
      asked.end();
    });
  }
}

function gather(response: IncomingMessage, heard: () => void, url: string, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const promised = Number(response.headers['content-length'] ?? 0);
    if (promised > most) return reject(downloadErrors.tooLarge({ url, most }));
    response.on('data', (part: Buffer) => {
      heard();
      bytes += part.length;
      if (bytes > most) return reject(downloadErrors.tooLarge({ url, most }));
      parts.push(part);
    });
    response.on('end', () => resolve(Buffer.concat(parts)));
    const cut = (): void => reject(downloadErrors.cutShort({ url, bytes }));
    response.on('aborted', cut);
    response.on('error', cut);
  });
}

function webAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw downloadErrors.badAddress({ url: shownText(text) });
  return url;
}

/** Where a redirection leads; undefined when it is not to be followed. Names and passwords stay with who they are for. */
function redirected(from: URL, target: string): URL | undefined {
  if (!URL.canParse(target, from.href)) return undefined;
  const to = new URL(target, from.href);
  if (to.protocol !== 'https:' && (to.protocol !== 'http:' || from.protocol === 'https:')) return undefined;
  if (to.origin === from.origin && to.username === '') [to.username, to.password] = [from.username, from.password];
  return to;
}

/** An address as a person may see it: without name and password, and without its query, which may hold a key. */
function shown(url: URL): string {
  return shownText(url.href);
}

function shownText(text: string): string {
  return text
    .replace(/^([^/]*\/\/)[^/?#]*@/, '$1')
    .replace(/\?.*$/s, '?...')
    .slice(0, 200);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  // With several addresses tried, the message of all of them together is empty.
  return (
    error.message || (error instanceof AggregateError ? String(error.errors[0]) : (error.code ?? 'no reason given'))
  );
}
