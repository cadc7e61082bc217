import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { FileStep } from '../../lib/contracts/machine.ts';
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
  infoDirectory,
  installArgs,
  installedBy,
  installOptions,
  lastWords,
  lookupOptions,
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
import { isInstalled, type Requirement } from '../../lib/packages/python-packages.ts';
import { pythonName } from '../../lib/packages/python-version.ts';

interface Facts extends PipFacts {
  readonly files?: RequirementFiles | undefined;
  /** With `upgrade`: the newest version on offer, of what is installed. */
  readonly newest: Readonly<Record<string, string>>;
}

const args = v.strictObject({
  name: v.string(),
  pkgs: v.optional(v.array(v.string())),
  requirements: v.optional(arg.textList),
  editable: v.optional(arg.operands),
  ...commonArgs,
  ...installArgs,
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'Python packages are installed, by the system or in an environment.',
  example: `
app-packages:
  pip.installed:
    - pkgs:
      - requests >=2.28
      - gunicorn==20.1.0
    - bin_env: /opt/app/venv
    - require:
      - virtualenv: /opt/app/venv
/opt/app/venv:
  virtualenv.managed: []
`,
  args,
  reads: ['files', 'accounts'],
  check(given) {
    const wanted = given.requirements || given.editable ? [] : requirementsOf(textsOf(given));
    if (typeof wanted === 'string') return wanted;
    return wanted.some(({ text }) => text.startsWith('-')) ? 'a package begins with no dash' : undefined;
  },
  needs: ({ requirements }) => (requirements ?? []).filter(isStateTree),

  async read(given, machine): Promise<Facts> {
    const facts = readPip(given, machine, given.target);
    if (facts.problem !== undefined) return { ...facts, newest: {} };
    if (given.requirements) {
      const files = await readRequirementFiles(given.requirements, given.cwd, facts.there, machine);
      return typeof files === 'string' ? { ...facts, problem: files, newest: {} } : { ...facts, files, newest: {} };
    }
    if (!given.upgrade || wantedOf(given).every(({ name }) => name === undefined || !facts.there[name]))
      return { ...facts, newest: {} };
    const words = ['list', '--outdated', '--format=json', ...lookupOptions(given)];
    const result = await machine.processes.run(callPip(facts.pip, words, given));
    if (result.code !== 0) return { ...facts, newest: {}, problem: lastWords(result) };
    const outdated = JSON.parse(result.stdout) as { name: string; latest_version: string }[];
    return { ...facts, newest: Object.fromEntries(outdated.map((one) => [pythonName(one.name), one.latest_version])) };
  },

  plan(given, facts): Plan {
    if (facts.problem !== undefined) return impossible(`Error installing '${given.name}': ${facts.problem}`);
    if (given.requirements || given.editable) return planFiles(given, facts);
    const wanted = wantedOf(given);
    const todo = wanted.filter((one) => isTodo(one, given, facts));
    const right = wanted.filter((one) => !todo.includes(one)).map(alreadyInstalled);
    if (todo.length === 0)
      return alreadyRight(
        [...right, `All specified packages are already installed${given.upgrade ? ' and up-to-date' : ''}`].join('\n'),
      );
    const versions = todo.map((one) => [one, pinned(one) ?? (one.name && facts.newest[one.name])] as const);
    return {
      changes: Object.fromEntries(
        versions.map(([one, version]) => [`${labelOf(one)}==${version ?? '???'}`, 'Installed']),
      ),
      comment:
        wanted.length > 1
          ? `Python package(s) set to be installed:\n${todo.map(({ text }) => text).join('\n')}`
          : `Python package ${todo[0]?.text ?? ''} is set to be installed`,
      done: [...right, 'All packages were successfully installed'].join('\n'),
      steps: [
        {
          do: 'run',
          command: callPip(
            facts.pip,
            ['install', ...installOptions(given), '--', ...todo.map(({ text }) => text)],
            given,
          ),
          foretells: versions.flatMap(([one, version]) => foretell(one, version, facts)),
        },
      ],
      ...(versions.every(([, version]) => version !== undefined) ? {} : { unknownUntilRun: true }),
    };
  },

  report(plan, results, given): Outcome {
    const ran = results.find((step) => step.did === 'run')?.result;
    const what = given.requirements || given.editable ? [] : wantedOf(given);
    if (!ran || ran.code !== 0) {
      const error = ran ? lastWords(ran) : 'pip was not run';
      return { result: false, changes: {}, comment: `${failureOf(given)} Error: ${error}` };
    }
    const installed = installedBy(ran);
    if (given.requirements || given.editable) return reportFiles(plan, given, installed);
    const named = new Map(Object.entries(installed).map(([name, version]) => [pythonName(name), version]));
    const changes: Changes = {};
    for (const key of Object.keys(plan.changes)) {
      const [label = ''] = key.split('==');
      const one = what.find((requirement) => labelOf(requirement) === label);
      const version = one?.name === undefined ? undefined : named.get(one.name);
      // A package that pip left alone is no change.
      if (version !== undefined || one?.name === undefined) changes[`${label}==${version ?? '???'}`] = 'Installed';
    }
    return { result: true, changes, comment: plan.done ?? plan.comment };
  },
});

const textsOf = ({ name, pkgs }: Args): readonly string[] => pkgs ?? [name];

function wantedOf(given: Args): Requirement[] {
  const wanted = requirementsOf(textsOf(given));
  return typeof wanted === 'string' ? [] : wanted;
}

function isTodo(one: Requirement, given: Args, { there, newest }: Facts): boolean {
  if (given.force_reinstall || given.ignore_installed) return true;
  return !isInstalled(one, there) || (given.upgrade && one.name !== undefined && newest[one.name] !== undefined);
}

const alreadyInstalled = ({ text }: Requirement): string => `Python package ${text} was already installed`;

/** The name as it was written. */
function labelOf({ text, name }: Requirement): string {
  return name === undefined ? text : (/^[A-Za-z0-9._-]+/.exec(text)?.[0] ?? name);
}

function pinned({ specifiers }: Requirement): string | undefined {
  const [only] = specifiers;
  return specifiers.length === 1 && only?.operator.startsWith('==') && !only.version.includes('*')
    ? only.version
    : undefined;
}

function foretell({ name }: Requirement, version: string | undefined, { site }: PipFacts): FileStep[] {
  if (name === undefined || site === undefined || version === undefined) return [];
  return [{ do: 'mkdir', path: infoDirectory(site, name, version), parents: true }];
}

function planFiles(given: Args, { pip, files, there }: Facts): Plan {
  const { requirements, editable = [] } = given;
  const bare = (address: string): string => address.replace(/^file:\/\//, '').replace(/\/+$/, '');
  const known = Object.values(there).flatMap(({ url }) => (url === undefined ? [] : [bare(url)]));
  const missing = editable.filter((one) => !known.includes(bare(one)));
  if ((files?.satisfied ?? true) && missing.length === 0 && !given.upgrade && !given.force_reinstall) {
    return alreadyRight(
      [
        ...(requirements ? ['Requirements were already installed.'] : []),
        ...editable.map((one) => `Package is already installed from ${one}.`),
      ].join(' '),
    );
  }
  const words = [
    'install',
    ...installOptions(given),
    ...missing.flatMap((one) => ['--editable', one]),
    ...(files && !files.satisfied ? fileWords(files) : []),
  ];
  const comment = [
    ...(requirements ? [`Requirements file '${requirements.join(', ')}' will be processed.`] : []),
    ...(missing.length > 0
      ? [`Package will be installed in editable mode (i.e. setuptools "develop mode") from ${missing.join(', ')}.`]
      : []),
  ];
  return {
    changes: {
      ...(requirements ? { requirements: true } : {}),
      ...(missing.length > 0 ? { editable: true } : {}),
    },
    comment: comment.join(' '),
    steps: [
      {
        do: 'run',
        command: callPip(pip, words, given, files && !files.satisfied ? files.carried : undefined),
      },
    ],
    // Only pip knows what a line of the file means here.
    unknownUntilRun: true,
  };
}

function reportFiles(plan: Plan, { requirements, editable }: Args, installed: Record<string, string>): Outcome {
  const changed = Object.keys(installed).length > 0;
  const comment = [
    ...(requirements
      ? [
          changed
            ? `Successfully processed requirements file ${requirements.join(', ')}.`
            : 'Requirements were already installed.',
        ]
      : []),
    ...(plan.changes['editable']
      ? [`Package successfully installed from VCS checkout ${(editable ?? []).join(', ')}.`]
      : []),
  ];
  return { result: true, changes: changed ? plan.changes : {}, comment: comment.join(' ') };
}

function failureOf(given: Args): string {
  if (given.requirements) return `Unable to process requirements file "${given.requirements.join(', ')}"`;
  if (given.editable) return `Unable to install from VCS checkout ${given.editable.join(', ')}.`;
  return `Failed to install packages: ${textsOf(given).join(', ')}.`;
}
