import { posix } from 'node:path';
import * as v from 'valibot';
import * as arg from '../argument-kinds.ts';
import type { Command, CommandResult, FileView, Reading } from '../contracts/machine.ts';
import { findProgram } from '../programs.ts';
import { distributionsIn, siteDirectories, type Distributions } from './python-packages.ts';

/* Where pip is, what it has installed, and how it is called. */

export const commonArgs = {
  bin_env: v.optional(arg.absolutePath),
  user: v.optional(arg.account),
  cwd: v.optional(arg.absolutePath),
  env_vars: v.optional(arg.variables),
  proxy: v.optional(v.string()),
  timeout: v.optional(v.pipe(v.number(), v.minValue(0))),
};

const url = v.optional(arg.operand);

/** What `pip install` can be told. */
export const installArgs = {
  index_url: url,
  extra_index_url: v.optional(arg.operands),
  no_index: arg.flag(false),
  find_links: url,
  trusted_host: url,
  cert: v.optional(arg.absolutePath),
  upgrade: arg.flag(false),
  force_reinstall: arg.flag(false),
  ignore_installed: arg.flag(false),
  no_deps: arg.flag(false),
  pre_releases: arg.flag(false),
  no_cache_dir: arg.flag(false),
  cache_dir: v.optional(arg.absolutePath),
  no_binary: v.optional(arg.operands),
  target: v.optional(arg.absolutePath),
  log: v.optional(arg.absolutePath),
  exists_action: v.optional(v.picklist(['s', 'i', 'w', 'b', 'a', 'switch', 'ignore', 'wipe', 'backup', 'abort'])),
  global_options: v.optional(arg.textList),
  extra_args: v.optional(
    v.pipe(arg.textList, v.array(v.pipe(v.string(), v.regex(/^-/, "an option, such as '--quiet'")))),
  ),
};

const commonSchema = v.object(commonArgs);
const installSchema = v.object(installArgs);
export type CommonArgs = v.InferOutput<typeof commonSchema>;
export type InstallArgs = v.InferOutput<typeof installSchema>;

export interface PipFacts {
  /** Why pip can't be called. */
  readonly problem?: string | undefined;
  readonly pip: string;
  readonly there: Distributions;
  /** Where it puts packages: the first of its directories. */
  readonly site: string | undefined;
}

/** Where pip is and what is installed there, without starting it. */
export function readPip(
  { bin_env: bin, user, cwd }: CommonArgs,
  { files, accounts }: Reading,
  target?: string,
): PipFacts {
  const nothing = { pip: 'pip', there: {}, site: undefined };
  if (user !== undefined && accounts.uid(user) === undefined)
    return { ...nothing, problem: `User ${user} does not exist` };
  if (cwd !== undefined && files.follow(cwd)?.kind !== 'directory')
    return { ...nothing, problem: `the working directory ${cwd} does not exist` };
  const pip = pipOf(bin, files);
  if (pip === undefined) {
    const problem =
      bin === undefined ? 'pip is not here: install the package python3-pip' : `there is no pip in ${bin}`;
    return { ...nothing, problem };
  }
  const home = user === undefined ? undefined : homeOf(files, accounts.userName(accounts.uid(user) ?? -1));
  const sites = target === undefined ? siteDirectories(files, pip, home) : [target];
  return { pip, there: distributionsIn(files, sites), site: sites[0] };
}

/** An environment's directory, or the program itself. */
function pipOf(bin: string | undefined, files: FileView): string | undefined {
  if (bin === undefined) return findProgram(files, 'pip3') ?? findProgram(files, 'pip');
  const places = files.follow(bin)?.kind === 'directory' ? [`${bin}/bin/pip`, `${bin}/bin/pip3`] : [bin];
  return places.find((place) => files.follow(place)?.kind === 'file');
}

function homeOf(files: FileView, user: string): string | undefined {
  if (files.follow('/etc/passwd')?.kind !== 'file') return undefined;
  const line = files
    .read('/etc/passwd')
    .toString()
    .split('\n')
    .find((one) => one.startsWith(`${user}:`));
  return line?.split(':')[5];
}

/** A call of pip. Addresses may hold passwords, which everybody can read in a command line: they go by variables. */
export function callPip(
  pip: string,
  words: readonly string[],
  args: CommonArgs & Partial<Pick<InstallArgs, 'index_url' | 'extra_index_url'>>,
  script?: Buffer,
): Command {
  return {
    argv: [pip, ...words],
    env: {
      LC_ALL: 'C.UTF-8',
      PIP_NO_INPUT: '1',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_COLOR: '1',
      PIP_ROOT_USER_ACTION: 'ignore',
      ...(args.proxy === undefined ? {} : { PIP_PROXY: args.proxy }),
      ...(args.timeout === undefined ? {} : { PIP_TIMEOUT: String(args.timeout) }),
      ...(args.index_url === undefined ? {} : { PIP_INDEX_URL: args.index_url }),
      ...(args.extra_index_url === undefined ? {} : { PIP_EXTRA_INDEX_URL: args.extra_index_url.join(' ') }),
      ...args.env_vars,
    },
    ...(args.user === undefined ? {} : { runas: args.user }),
    ...(args.cwd === undefined ? {} : { cwd: args.cwd }),
    ...(script === undefined ? {} : { script }),
  };
}

/** Where packages are looked for, also by `pip list --outdated`. */
export function lookupOptions({
  no_index = false,
  pre_releases = false,
  find_links,
  trusted_host,
  cert,
}: Partial<InstallArgs>): string[] {
  return installOptions({ no_index, find_links, trusted_host, cert, pre_releases });
}

/** The options of `pip install`. */
export function installOptions(args: Partial<InstallArgs>): string[] {
  const flags: readonly [keyof InstallArgs, string][] = [
    ['no_index', '--no-index'],
    ['upgrade', '--upgrade'],
    ['force_reinstall', '--force-reinstall'],
    ['ignore_installed', '--ignore-installed'],
    ['no_deps', '--no-deps'],
    ['pre_releases', '--pre'],
    ['no_cache_dir', '--no-cache-dir'],
  ];
  const values: readonly [string, string | readonly string[] | undefined][] = [
    ['--find-links', args.find_links],
    ['--trusted-host', args.trusted_host],
    ['--cert', args.cert],
    ['--cache-dir', args.cache_dir],
    ['--no-binary', args.no_binary],
    ['--target', args.target],
    ['--log', args.log],
    ['--exists-action', args.exists_action],
    ['--global-option', args.global_options],
  ];
  return [
    ...flags.flatMap(([name, option]) => (args[name] === true ? [option] : [])),
    ...values.flatMap(([option, value]) => [value ?? []].flat().map((one) => `${option}=${one}`)),
    ...(args.extra_args ?? []),
  ];
}

/** `name -> version` of what pip says it installed. A name may hold dashes; a version begins with a digit. */
export function installedBy({ stdout }: CommandResult): Record<string, string> {
  const said = [...stdout.matchAll(/^Successfully installed (.+)$/gm)].flatMap(([, list = '']) => list.split(' '));
  return Object.fromEntries(
    said.flatMap((one) => {
      const [, name, version] = /^(.+)-([^-]+)$/.exec(one) ?? [];
      return name === undefined || version === undefined ? [] : [[name, version]];
    }),
  );
}

/** What pip said last, for a person. */
export function lastWords({ stdout, stderr }: CommandResult): string {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
  const errors = lines(stderr).filter((line) => !line.startsWith('WARNING: '));
  return (errors.length > 0 ? errors : lines(stdout)).slice(-8).join('\n');
}

/** The directory that tells of a package, for what a test run foresees. */
export function infoDirectory(site: string, name: string, version: string): string {
  return posix.join(site, `${name.replaceAll('-', '_')}-${version}.dist-info`);
}
