import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { messageOf } from '../lib/errors/error.ts';
import { returnerErrors } from '../lib/errors/returners.ts';
import { systemAuthorities } from '../lib/system/authorities.ts';

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Authorities to believe besides the machine's, as a PEM file. */
  readonly ca_file?: string | undefined;
  /** Shown in no error, whatever the far side answers. */
  readonly secret?: string | undefined;
}

/** Statuses by which a server says that what it was sent is wrong, now and for ever. */
const refusals = [400, 413, 422];
/** Characters of an answer that an error tells. */
const most = 300;

/**
 * Posts to a web server and waits for its 2xx. Certificates are checked, redirections not followed. Raises `TS_RETURNER_REFUSED`,
 * `TS_RETURNER_BAD_ANSWER`, `TS_RETURNER_UNREACHABLE`.
 */
export async function post({ url, headers, body, ca_file, secret }: Post, signal: AbortSignal): Promise<void> {
  // A query may hold a key.
  const where = url.replace(/[?#].*$/s, '');
  const { status, text } = await exchange(url, headers, body, ca_file, signal).catch((cause: unknown) => {
    throw returnerErrors.unreachable({ where, why: hidden(messageOf(cause), secret) }, { cause });
  });
  if (status >= 200 && status < 300) return;
  const answer = hidden(`${status} ${text.replace(/\s+/g, ' ')}`.trim(), secret);
  throw refusals.includes(status)
    ? returnerErrors.refused({ where, answer })
    : returnerErrors.badAnswer({ where, answer });
}

async function exchange(
  url: string,
  headers: Post['headers'],
  body: string,
  caFile: string | undefined,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const isSecure = url.startsWith('https:');
  const { request } = isSecure ? await import('node:https') : await import('node:http');
  const own = isSecure && caFile !== undefined ? await readFile(caFile) : undefined;
  const ca = [systemAuthorities(), own].filter((pem) => pem !== undefined);
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: { 'user-agent': 'tsalt', ...headers, ...length },
      ...(isSecure && ca.length > 0 ? { ca } : {}),
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      startOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    asked.end(body);
  });
}

/** Reads an answer to its end and keeps its beginning. */
async function startOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) if (text.length < most) text += String(part);
  return text.slice(0, most);
}

function hidden(text: string, secret: string | undefined): string {
  return secret === undefined ? text : text.replaceAll(secret, '***');
}
