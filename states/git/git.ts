import type { Command, CommandStep, Reading } from '../../lib/contracts/machine.ts';
import { lacking } from '../../lib/programs.ts';
import type { Access } from './args.ts';

/**
 * A call of git that asks nobody for anything. The password goes by a variable: a command line can be read by everybody,
 * and the address in `.git/config` by who may read the checkout.
 */
export function callGit(words: readonly string[], access: Access): Command {
  const { user, identity, https_user: name, https_pass: password } = access;
  const keys = (identity ?? []).map((path) => `-i '${path}'`).join(' ');
  const secret = Buffer.from(`${name ?? ''}:${password ?? ''}`).toString('base64');
  return {
    argv: ['git', ...words],
    env: {
      LC_ALL: 'C.UTF-8',
      GIT_TERMINAL_PROMPT: '0',
      GIT_SSH_COMMAND: `ssh -o BatchMode=yes${keys === '' ? '' : ` -o IdentitiesOnly=yes ${keys}`}`,
      ...(name === undefined && password === undefined
        ? {}
        : {
            GIT_CONFIG_COUNT: '1',
            GIT_CONFIG_KEY_0: 'http.extraHeader',
            GIT_CONFIG_VALUE_0: `Authorization: Basic ${secret}`,
          }),
    },
    ...(user === undefined ? {} : { runas: user }),
  };
}

/** A step of git that has to succeed. */
export function gitStep(words: readonly string[], access: Access): CommandStep {
  return { do: 'run', command: callGit(words, access), must: true };
}

/** Why git can't be called as this user; undefined when it can. */
export function gitProblem({ user, identity }: Access, { files, accounts }: Reading): string | undefined {
  if (user !== undefined && accounts.uid(user) === undefined) return `User ${user} does not exist`;
  const missing = identity?.find((path) => files.follow(path)?.kind !== 'file');
  if (missing !== undefined) return `identity '${missing}' does not exist.`;
  return lacking(files, 'git', 'A repository', 'git');
}

/** What a repository elsewhere has. */
export interface RemoteRefs {
  /** Commits and tags by `refs/heads/...`, `refs/tags/...`; an annotated tag's commit by its name with `^{}`. */
  readonly refs: Readonly<Record<string, string>>;
  readonly head: string | undefined;
  readonly defaultBranch: string | undefined;
}

/** Asks a repository for all it has; a sentence when it does not answer. */
export async function askRemote(name: string, access: Access, machine: Reading): Promise<RemoteRefs | string> {
  const { code, stdout, stderr } = await machine.processes.run(callGit(['ls-remote', '--symref', '--', name], access));
  if (code !== 0) return `Failed to check remote refs: ${stderr.trim() || `git ended with code ${code}`}`;
  const refs: Record<string, string> = {};
  for (const [, sha = '', ref = ''] of stdout.matchAll(/^([0-9a-f]{40,64})\t(\S+)$/gm)) refs[ref] = sha;
  const { HEAD: head, ...others } = refs;
  const told = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(stdout)?.[1];
  const same = Object.entries(others).find(([ref, sha]) => ref.startsWith('refs/heads/') && sha === head)?.[0];
  return { refs: others, head, defaultBranch: told ?? same?.slice('refs/heads/'.length) };
}

/** Names below `refs/heads/` or `refs/tags/`. */
export function namesBelow(refs: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(refs).flatMap(([ref, sha]) =>
      ref.startsWith(prefix) && !ref.endsWith('^{}') ? [[ref.slice(prefix.length), sha]] : [],
    ),
  );
}

export const short = (sha: string): string => sha.slice(0, 7);

/** Sentences in a row, as Salt writes them. */
export const sentences = (parts: readonly string[]): string => parts.join('. ') + (parts.length > 1 ? '.' : '');
