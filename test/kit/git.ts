import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A repository of the real git, with nobody's config. */
export interface TestRepository {
  readonly directory: string;
  /** Runs git in it; gives what it writes. */
  readonly git: (...args: string[]) => string;
  /** Writes files and commits them; gives the commit's id. */
  readonly commit: (files: Readonly<Record<string, string | Buffer>>) => string;
}

/** Makes a repository whose branch is `branch`. */
export function repositoryIn(directory: string, branch = 'master'): TestRepository {
  mkdirSync(directory, { recursive: true });
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'anna',
    GIT_AUTHOR_EMAIL: 'anna@example.org',
    GIT_COMMITTER_NAME: 'anna',
    GIT_COMMITTER_EMAIL: 'anna@example.org',
  };
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: directory, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  git('init', '--quiet', '--initial-branch', branch);
  return {
    directory,
    git,
    commit(files) {
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(directory, name);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', 'x');
      return git('rev-parse', 'HEAD');
    },
  };
}
