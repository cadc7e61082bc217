import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { backoff } from '../lib/backoff.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import { messageOf } from '../lib/errors/error.ts';
import { firstUseErrors } from '../lib/errors/first-use.ts';
import type { Log } from '../lib/log.ts';
import { masterFingerprint, parseMasterKey } from '../wire/master-key.ts';

/** The part of a minion's config that says how it comes to know its master. */
export type FirstUseConfig = Pick<
  MinionConfig,
  'master' | 'master_key' | 'trust_first_use' | 'bundle_port' | 'pki_dir'
>;

export interface FirstUseNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The file in which the master's key is kept once it was trusted. */
export function pinnedKeyFile({ pki_dir }: Pick<MinionConfig, 'pki_dir'>): string {
  return path.join(pki_dir, 'master_key');
}

/**
 * With `trust_first_use` and no key known yet: fetches the master's key from its bundle port, tells it in the log, and
 * keeps it for good. Tries until the master answers or `signal` is aborted (then it returns without one). Raises
 * `TS_FIRST_USE_NO_KEY` when what answers is no tsalt master.
 */
export async function trustFirstUse(config: FirstUseConfig, { clock, log, signal }: FirstUseNeeds): Promise<void> {
  const file = pinnedKeyFile(config);
  if (config.master_key !== '' || !config.trust_first_use || existsSync(file)) return;
  const url = `http://${bracketed(config.master)}:${config.bundle_port}/master_key`;
  const wait = backoff(1000, 60_000);
  for (;;) {
    try {
      keep(file, await fetchKey(url, signal), url, log);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Unreachable)) throw error;
      log('warning', "the master's key can't be fetched yet", { url, reason: error.message });
    }
    await Promise.race([
      sleep(clock, wait.next()),
      new Promise((resolve) => signal.addEventListener('abort', resolve)),
    ]);
    if (signal.aborted) return;
  }
}

const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);

/** To be tried again. */
class Unreachable extends Error {}

const mostBytes = 1024;
const timeoutMs = 10_000;

function fetchKey(url: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Unreachable(reason));
    const request = get(url, { signal, timeout: timeoutMs, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > mostBytes) {
          reject(firstUseErrors.noKey({ url, reason: 'it answers with too much' }));
          request.destroy();
        }
      });
      response.on('error', (error) => fail(error.message));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text.trim());
        else fail(`it answers ${response.statusCode}`);
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error) => fail(error.message));
  });
}

function keep(file: string, text: string, url: string, log: Log): void {
  try {
    const key = parseMasterKey(text);
    log('warning', "trusting the master's key on first use", { url, key: text, fingerprint: masterFingerprint(key) });
  } catch (cause) {
    throw firstUseErrors.noKey({ url, reason: messageOf(cause) }, { cause });
  }
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
