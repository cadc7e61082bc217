import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Command, CommandStep, FileView } from '../../lib/contracts/machine.ts';
import {
  alreadyRight,
  defineState,
  impossible,
  type Changes,
  type Outcome,
  type Plan,
} from '../../lib/contracts/state.ts';
import {
  callPip,
  commonArgs,
  installedBy,
  installOptions,
  lastWords,
  readPip,
  type PipFacts,
} from '../../lib/packages/pip.ts';
import {
  fileWords,
  isStateTree,
  readRequirementFiles,
  requirementsOf,
  type RequirementFiles,
} from '../../lib/packages/pip-requirements.ts';
import { isInstalled } from '../../lib/packages/python-packages.ts';
import { findProgram } from '../../lib/programs.ts';

interface Facts {
  readonly problem?: string | undefined;
  readonly exists: boolean;
  /** What makes an environment, without its options. */
  readonly maker: readonly string[];
  /** The Python it will have, as far as its name tells. */
  readonly python: string;
  readonly pip: PipFacts;
  readonly files?: RequirementFiles | undefined;
}

const { bin_env: _, cwd, ...shared } = commonArgs;

const args = v.strictObject({
  name: arg.absolutePath,
  venv_bin: v.optional(v.pipe(v.string(), v.regex(/^[\w./+-]*\w$/, "the name or path of virtualenv, or 'venv'"))),
  python: v.optional(v.pipe(v.string(), v.regex(/^[\w./+][\w./+-]*$/, 'the name or path of a Python'))),
  system_site_packages: arg.flag(false),
  clear: arg.flag(false),
  prompt: v.optional(v.string()),
  extra_search_dir: v.optional(v.pipe(arg.textList, v.array(arg.absolutePath))),
  requirements: v.optional(arg.textList),
  pip_pkgs: v.optional(arg.textList),
  pip_upgrade: arg.flag(false),
  pip_ignore_installed: arg.flag(false),
  pip_exists_action: v.optional(v.picklist(['s', 'i', 'w', 'b', 'a'])),
  pip_no_cache_dir: arg.flag(false),
  pip_cache_dir: v.optional(arg.absolutePath),
  no_deps: arg.flag(false),
  pre_releases: arg.flag(false),
  no_binary: v.optional(arg.operands),
  index_url: v.optional(arg.operand),
  extra_index_url: v.optional(arg.operands),
  cwd,
  ...shared,
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'An environment of Python is there, with the packages that are named.',
  example: `
/opt/app/venv:
  virtualenv.managed:
    - requirements: salt://app/requirements.txt
    - user: app
`,
  args,
  reads: ['files', 'accounts'],
  check({ pip_pkgs: packages }) {
    const wanted = requirementsOf(packages ?? []);
    return typeof wanted === 'string' ? wanted : undefined;
  },
  needs: ({ requirements }) => (requirements ?? []).filter(isStateTree),

  async read(given, machine): Promise<Facts> {
    const { files, accounts } = machine;
    const exists = files.follow(`${given.name}/bin/python`) !== undefined;
    const nothing = {
      exists,
      maker: [],
      python: '',
      pip: { pip: `${given.name}/bin/pip`, there: {}, site: undefined },
    };
    if (given.user !== undefined && accounts.uid(given.user) === undefined)
      return { ...nothing, problem: `User ${given.user} does not exist` };
    const maker = makerOf(given, files);
    if (!maker && (!exists || given.clear)) {
      const what = given.venv_bin ?? 'virtualenv';
      return {
        ...nothing,
        problem: `${what} is not here: install the package ${what === 'venv' ? 'python3-venv' : 'virtualenv'}`,
      };
    }
    const pip = exists && !given.clear ? readPip({ ...given, bin_env: given.name }, machine) : nothing.pip;
    const required =
      given.requirements && (await readRequirementFiles(given.requirements, given.cwd, pip.there, machine));
    if (typeof required === 'string') return { ...nothing, problem: required };
    return { exists, maker: maker ?? [], python: pythonOf(given, files), pip, files: required };
  },

  plan(given, facts): Plan {
    const { name } = given;
    if (facts.problem !== undefined) return impossible(facts.problem);
    const steps: CommandStep[] = [];
    const changes: Changes = {};
    if (!facts.exists || given.clear) {
      steps.push(makeStep(given, facts));
      changes['new'] = facts.python;
      if (facts.exists) changes['old'] = 'cleared';
    }
    const install = installStep(given, facts);
    if (install) {
      steps.push(install);
      changes['packages'] = { new: 'as pip finds them', old: '' };
    }
    if (steps.length === 0) return alreadyRight('virtualenv exists');
    return {
      changes,
      comment: facts.exists
        ? given.clear
          ? `Virtualenv ${name} is set to be cleared`
          : `Virtualenv ${name} is already created; packages are set to be installed in it`
        : `Virtualenv ${name} is set to be created`,
      done: facts.exists
        ? given.clear
          ? 'Cleared existing virtualenv'
          : 'virtualenv exists'
        : 'Created new virtualenv',
      steps,
      ...(install ? { unknownUntilRun: true } : {}),
    };
  },

  report(plan, results): Outcome {
    const ran = results.flatMap((step) => (step.did === 'run' ? [step.result] : []));
    const last = ran.at(-1);
    const { packages, ...changes } = plan.changes;
    const comment = plan.done ?? plan.comment;
    // Making it has to succeed; what pip says is for the reader.
    if (!last || packages === undefined) return { result: true, changes, comment };
    if (last.code !== 0) return { result: false, changes, comment: `${comment}\n${lastWords(last)}` };
    const installed = Object.entries(installedBy(last)).map(([one, version]) => `${one}==${version}`);
    const gone = [...last.stdout.matchAll(/^\s*Found existing installation: (\S+) (\S+)$/gm)];
    const old = gone.map(([, one, version]) => `${one}==${version}`);
    return {
      result: true,
      changes: {
        ...changes,
        ...(installed.length > 0 ? { packages: { new: installed, old: old.length > 0 ? old : '' } } : {}),
      },
      comment,
    };
  },
});

/** The words that make an environment: of virtualenv where it is there, else of Python itself. */
function makerOf({ venv_bin: bin, python }: Args, files: FileView): string[] | undefined {
  const found = (name: string): string | undefined =>
    name.startsWith('/') ? (files.follow(name) ? name : undefined) : findProgram(files, name);
  const own = found(python ?? 'python3');
  const venv = own === undefined ? undefined : [own, '-m', 'venv'];
  if (bin === 'venv') return venv;
  const program = found(bin ?? 'virtualenv');
  if (program === undefined) return bin === undefined ? venv : undefined;
  return [program, ...(python === undefined ? [] : ['--python', python])];
}

/** Python's name with its version, where a link tells it: `Python 3.11`. */
function pythonOf({ python }: Args, files: FileView): string {
  const name = python ?? '/usr/bin/python3';
  const target = name.startsWith('/') ? (files.look(name)?.target ?? name) : name;
  return `Python ${/python([\d.]+)$/.exec(target)?.[1] ?? '3'}`;
}

function makeStep(given: Args, { maker, python }: Facts): CommandStep {
  const { name } = given;
  const words = [
    ...(given.system_site_packages ? ['--system-site-packages'] : []),
    ...(given.clear ? ['--clear'] : []),
    ...(given.prompt === undefined ? [] : [`--prompt=${given.prompt}`]),
    ...(given.extra_search_dir ?? []).map((folder) => `--extra-search-dir=${folder}`),
  ];
  const command: Command = {
    argv: [...maker, ...words, '--', name],
    env: { LC_ALL: 'C.UTF-8', ...given.env_vars },
    ...(given.user === undefined ? {} : { runas: given.user }),
  };
  const program = { content: Buffer.alloc(0), mode: 0o755 };
  return {
    do: 'run',
    command,
    must: true,
    foretells: [
      ...(given.clear ? [{ do: 'remove', path: name } as const] : []),
      { do: 'mkdir', path: `${name}/bin`, parents: true },
      { do: 'mkdir', path: `${name}/lib/python${python.slice('Python '.length)}/site-packages`, parents: true },
      {
        do: 'write',
        path: `${name}/pyvenv.cfg`,
        content: Buffer.from(`include-system-site-packages = ${given.system_site_packages}\n`),
      },
      { do: 'write', path: `${name}/bin/python`, ...program },
      { do: 'write', path: `${name}/bin/pip`, ...program },
    ],
  };
}

/** Packages that are still to be installed; undefined for none. */
function installStep(given: Args, { pip, files }: Facts): CommandStep | undefined {
  const wanted = requirementsOf(given.pip_pkgs ?? []);
  const again = given.pip_upgrade || given.pip_ignore_installed;
  const missing = (typeof wanted === 'string' ? [] : wanted).filter((one) => again || !isInstalled(one, pip.there));
  const isFile = files !== undefined && (again || !files.satisfied);
  if (missing.length === 0 && !isFile) return undefined;
  const options = installOptions({
    upgrade: given.pip_upgrade,
    ignore_installed: given.pip_ignore_installed,
    exists_action: given.pip_exists_action,
    no_cache_dir: given.pip_no_cache_dir,
    cache_dir: given.pip_cache_dir,
    no_deps: given.no_deps,
    pre_releases: given.pre_releases,
    no_binary: given.no_binary,
  });
  const words = ['install', ...options, ...missing.map(({ text }) => text), ...(isFile ? fileWords(files) : [])];
  return {
    do: 'run',
    command: callPip(`${given.name}/bin/pip`, words, given, isFile ? files.carried : undefined),
  };
}
