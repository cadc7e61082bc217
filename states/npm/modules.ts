import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Command, FileView, Reading } from '../../lib/contracts/machine.ts';
import { isMap } from '../../lib/json.ts';
import { lacking } from '../../lib/programs.ts';

/* Packages of npm, in a directory or for the whole machine. */

export const commonArgs = {
  dir: v.optional(arg.absolutePath),
  user: v.optional(arg.account),
};

/** How npm is called. */
export interface NpmArgs {
  readonly dir?: string | undefined;
  readonly user?: string | number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface Module {
  readonly version: string;
  /** Where it came from. */
  readonly resolved?: string | undefined;
}

export interface NpmFacts {
  readonly problem?: string | undefined;
  readonly modules: Readonly<Record<string, Module>>;
}

export function callNpm({ dir, user, env }: NpmArgs, words: readonly string[]): Command {
  return {
    argv: ['npm', ...words, ...(dir === undefined ? ['--global'] : [])],
    env: {
      LC_ALL: 'C.UTF-8',
      npm_config_update_notifier: 'false',
      npm_config_fund: 'false',
      npm_config_audit: 'false',
      ...env,
    },
    ...(dir === undefined ? {} : { cwd: dir }),
    ...(user === undefined ? {} : { runas: user }),
  };
}

/** Why npm can't be called; undefined when it can. */
export function npmProblem({ dir, user }: NpmArgs, { files, accounts }: Reading): string | undefined {
  if (user !== undefined && accounts.uid(user) === undefined) return `User ${user} does not exist`;
  if (dir !== undefined && files.follow(dir)?.kind !== 'directory') return `the directory ${dir} does not exist`;
  return lacking(files, 'npm', 'A package of npm', 'npm');
}

/** What is installed: a directory's files tell it, npm itself what is there for the whole machine. */
export async function readModules(args: NpmArgs, machine: Reading): Promise<NpmFacts> {
  const problem = npmProblem(args, machine);
  if (problem !== undefined) return { problem, modules: {} };
  if (args.dir !== undefined) return { modules: modulesIn(machine.files, args.dir) };
  // It also ends with a code when some package misses another.
  const { stdout, stderr } = await machine.processes.run(callNpm(args, ['list', '--json', '--depth=0']));
  const said = parse(stdout);
  if (!said) return { problem: stderr.trim() || 'npm gave no list', modules: {} };
  return { modules: modulesOf(said['dependencies']) };
}

/** The packages directly in `node_modules`. */
export function modulesIn(files: FileView, dir: string): Record<string, Module> {
  const top = `${dir}/node_modules`;
  const lock = `${top}/.package-lock.json`;
  const record = files.follow(lock)?.kind === 'file' ? parse(files.read(lock).toString())?.['packages'] : undefined;
  const resolved = isMap(record) ? record : {};
  const found: Record<string, Module> = {};
  for (const name of namesIn(files, top)) {
    const file = `${top}/${name}/package.json`;
    const version = files.follow(file)?.kind === 'file' ? parse(files.read(file).toString())?.['version'] : undefined;
    const origin = resolved[`node_modules/${name}`];
    const from = isMap(origin) && typeof origin['resolved'] === 'string' ? origin['resolved'] : undefined;
    if (typeof version === 'string') found[name] = { version, resolved: from };
  }
  return found;
}

function namesIn(files: FileView, top: string): string[] {
  if (files.follow(top)?.kind !== 'directory') return [];
  return files
    .list(top)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') && files.follow(`${top}/${name}`)?.kind === 'directory'
        ? files.list(`${top}/${name}`).map((inner) => `${name}/${inner}`)
        : [name],
    );
}

function modulesOf(dependencies: unknown): Record<string, Module> {
  const found: Record<string, Module> = {};
  for (const [name, one] of Object.entries(isMap(dependencies) ? dependencies : {})) {
    if (!isMap(one) || typeof one['version'] !== 'string') continue;
    found[name] = {
      version: one['version'],
      resolved: typeof one['resolved'] === 'string' ? one['resolved'] : undefined,
    };
  }
  return found;
}

/** A JSON object; undefined for anything else. */
export function parse(text: string): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(text);
    return isMap(said) ? said : undefined;
  } catch {
    return undefined;
  }
}
