import { posix } from 'node:path';
import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { parseGitConfig, type GitConfig } from '../../lib/system/git-config.ts';
import { readCheckout } from './checkout.ts';

/* The file that git.config_set and git.config_unset change: a repository's own, or that of a user. */

export const fileArgs = {
  repo: v.optional(arg.absolutePath),
  global: arg.flag(false),
  user: v.optional(arg.account),
};

export interface ConfigFile {
  readonly problem?: string;
  readonly path: string;
  readonly config: GitConfig;
  /** Of whom a new file is. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

interface FileArgs {
  readonly repo?: string | undefined;
  readonly global: boolean;
  readonly user?: string | number | undefined;
}

export function checkFile({ repo, global: isGlobal }: FileArgs): string | undefined {
  return isGlobal || repo !== undefined ? undefined : "Non-global config options require the 'repo' argument to be set";
}

export function readConfigFile({ repo, global: isGlobal, user }: FileArgs, { files, accounts }: Reading): ConfigFile {
  const nothing = { path: '', config: parseGitConfig(''), uid: undefined, gid: undefined };
  const uid = accounts.uid(user ?? 0);
  if (user !== undefined && uid === undefined) return { ...nothing, problem: `User ${user} does not exist` };
  if (!isGlobal) {
    const checkout = readCheckout(files, repo ?? '');
    if (!checkout) return { ...nothing, problem: `${repo ?? ''} is no git repository` };
    const path = `${checkout.gitFolder}/config`;
    return { ...nothing, path, config: checkout.config };
  }
  const passwd = files.follow('/etc/passwd') ? files.read('/etc/passwd').toString() : '';
  const line = passwd.split('\n').find((one) => one.split(':')[2] === String(uid));
  const home = line?.split(':')[5] ?? (uid === 0 ? '/root' : undefined);
  if (home === undefined || files.follow(home)?.kind !== 'directory')
    return { ...nothing, problem: `User ${user ?? 'root'} has no home directory` };
  // git writes to the first of these that is there, else to the last.
  const path =
    [`${home}/.gitconfig`, `${home}/.config/git/config`].find((one) => files.follow(one)?.kind === 'file') ??
    `${home}/.gitconfig`;
  const config = parseGitConfig(files.follow(path)?.kind === 'file' ? files.read(path).toString() : '');
  return { path, config, uid, gid: files.follow(home)?.gid };
}

export function writeConfig({ path, config, uid, gid }: ConfigFile, text: string): Step {
  const isNew = config.lines.length === 0;
  return { do: 'write', path: posix.normalize(path), content: Buffer.from(text), ...(isNew ? { uid, gid } : {}) };
}
