import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

/** A certificate that nobody has signed: what a server takes, and the file that it is in. */
export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly file: string;
}

/** One for these names, as OpenSSL writes them. */
export function certificate(t: Pick<ExecutionContext, 'teardown'>, names = 'DNS:localhost,IP:127.0.0.1'): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsalt-tls-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [key, file] = [path.join(folder, 'key'), path.join(folder, 'cert')];
  const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=${names}`];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', file];
  execFileSync('openssl', words, { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(file), file };
}
