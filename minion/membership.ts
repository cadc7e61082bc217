import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MinionConfig } from '../lib/config/options.ts';
import { minionErrors } from '../lib/errors/minion.ts';
import { loadOrMakeIdentity } from '../wire/key-files.ts';
import type { Identity } from '../wire/keys.ts';
import { parseMasterKey, type MasterKey } from '../wire/master-key.ts';
import { parseToken, type EnrolmentToken } from '../wire/token.ts';
import { pinnedKeyFile } from './first-use.ts';

/** What one process of a minion signs in with. */
export interface Membership {
  readonly identity: Identity;
  readonly masterKey: MasterKey;
  readonly token: EnrolmentToken | undefined;
  /** Random name of this process. */
  readonly incarnation: string;
  /** Counts the minion's processes. */
  readonly generation: number;
  /** The master has accepted the key: the token has done its work. */
  accepted(): void;
}

/**
 * Reads (or makes, at the first start) what the minion signs in with, from `pki_dir` and the config. Raises
 * `TS_MINION_NO_MASTER_KEY`, and what is wrong with a key, a token or their files.
 */
export function readMembership(config: MinionConfig): Membership {
  const { pki_dir: directory } = config;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const tokenFile = config.enrolment_token_file;
  return {
    identity: loadOrMakeIdentity(path.join(directory, 'minion.pem')),
    masterKey: readMasterKey(config),
    token: readToken(config),
    incarnation: randomBytes(9).toString('base64url'),
    generation: nextGeneration(path.join(directory, 'generation')),
    accepted() {
      if (tokenFile !== '') rmSync(tokenFile, { force: true });
    },
  };
}

function readMasterKey(config: MinionConfig): MasterKey {
  if (config.master_key !== '') return parseMasterKey(config.master_key);
  const pinned = pinnedKeyFile(config);
  if (existsSync(pinned)) return parseMasterKey(readFileSync(pinned, 'utf8').trim());
  throw minionErrors.noMasterKey(undefined, {
    hint: "put the line that 'tsalt key finger --master' prints on the master into the minion's config as master_key",
  });
}

function readToken(config: MinionConfig): EnrolmentToken | undefined {
  if (config.enrolment_token !== '') return parseToken(config.enrolment_token);
  const file = config.enrolment_token_file;
  // Removed once the minion was accepted: it is single use.
  return file !== '' && existsSync(file) ? parseToken(readFileSync(file, 'utf8').trim()) : undefined;
}

/** One more than the last process had; on disk before it is used. */
function nextGeneration(file: string): number {
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const next = (Number.isSafeInteger(last) && last > 0 ? last : 0) + 1;
  writeFileSync(`${file}.new`, String(next), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return next;
}
