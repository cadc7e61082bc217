import type {
  CallStep,
  Command,
  CommandResult,
  CommandStep,
  FunctionView,
  EnvironmentStep,
  DownloadView,
  Machine,
  PackageStep,
  PackageView,
  Reading,
  ServiceStep,
  ServiceView,
  SourceView,
  Step,
  StepResult,
} from '../../lib/contracts/machine.ts';
import { isMasterStep } from '../../lib/contracts/orchestration.ts';
import { machineErrors } from '../../lib/errors/machine.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { systemClock } from '../../lib/clock.ts';
import type { JsonMap } from '../../lib/json.ts';
import { askGetent, createAccounts, type Accounts } from './accounts.ts';
import { createDownloads } from '../../lib/sources/downloads.ts';
import { createFiles, type Files } from './files.ts';
import { createInquiry } from './inquiry.ts';
import { createPackages } from './packages.ts';
import { createProcesses, type RunningProcesses } from '../../lib/system/processes.ts';
import { createQueries, type Queries } from './queries.ts';
import { createRunGrains } from './run-grains.ts';
import { createServices } from './services.ts';
import { lookAtInit } from './services/init.ts';

/** A part of the machine that is read by its view and changed by its steps. */
export type Performing<View, StepKind> = View & {
  perform(step: StepKind): Promise<StepResult> | StepResult;
  /** Somebody else may have changed it: what was remembered is read again. */
  forget(): void;
};

export interface MachineParts {
  readonly id: string;
  readonly grains: JsonMap;
  readonly pillar: JsonMap;
  readonly opts: JsonMap;
  readonly files: Files;
  readonly accounts: Accounts;
  readonly processes: RunningProcesses;
  readonly packages: Performing<PackageView, PackageStep>;
  readonly services: Performing<ServiceView, ServiceStep>;
  readonly queries: Queries;
  readonly downloads: DownloadView;
  readonly saltenv: string;
  readonly sources: SourceView;
  readonly render: Reading['render'];
  readonly inEnvironment: Reading['inEnvironment'];
  /** The system's clock when undefined. */
  readonly now?: Reading['now'];
  readonly functions?: Functions | undefined;
  /** This process's own where there is none: a run of states has a process of its own. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The execution functions, which states can ask about and have called. */
export interface Functions extends FunctionView {
  call(step: CallStep): Promise<StepResult>;
}

type LocalParts = Pick<
  MachineParts,
  'files' | 'accounts' | 'processes' | 'packages' | 'services' | 'queries' | 'downloads'
>;

/** The parts that need nothing but the root: those of the tree under it; its commands are confined to it unless they may run outside. */
export function localParts(root: string, commandsOutside = false): LocalParts {
  const files = createFiles(root);
  const accounts = createAccounts((path) => files.read(path), root === '/' ? askGetent : undefined);
  const processes = createProcesses({ root, outside: commandsOutside, user: (user) => accounts.user(user) });
  const outside = root === '/' ? processes : createProcesses({ root: '/', user: (user) => accounts.user(user) });
  return {
    files,
    accounts,
    processes,
    packages: createPackages({ files, asleep: root !== '/', processes, uid: process.getuid?.() ?? -1 }),
    services: createServices({ root, processes: outside, init: lookAtInit() }),
    queries: createQueries(),
    downloads: createDownloads(),
  };
}

/** One machine out of its parts: each step goes to the part it is for, and the others forget what it may have changed. */
export function createMachine(parts: MachineParts): Machine {
  const { files, accounts, packages, services, functions, environment = process.env } = parts;
  const inquiry = createInquiry(parts.processes);
  const grains = createRunGrains(parts);

  function changedFromOutside(): void {
    inquiry.forget();
    files.forget();
    accounts.forget();
    packages.forget();
    services.forget();
  }

  async function thenForget(work: Promise<StepResult> | StepResult): Promise<StepResult> {
    try {
      return await work;
    } finally {
      changedFromOutside();
    }
  }

  async function runCommand({ command, must, complaint, into }: CommandStep): Promise<StepResult> {
    const result = await parts.processes.run(command);
    if (must && (result.code !== 0 || result.timedOut)) throw failure(command, result, complaint);
    if (into && result.code === 0 && !result.timedOut)
      files.perform({ do: 'write', path: into.path, content: Buffer.from(`${into.head ?? ''}${result.stdout}`) });
    return { did: 'run', result };
  }

  async function call(step: CallStep): Promise<StepResult> {
    if (!functions) throw machineErrors.noFunctions({ fun: step.fun });
    return functions.call(step);
  }

  function perform(step: Step): Promise<StepResult> | StepResult {
    if (isMasterStep(step)) throw orchestrationErrors.masterOnly(undefined);
    if (step.do === 'packages') return thenForget(packages.perform(step));
    if (step.do === 'service') {
      inquiry.forget();
      return services.perform(step);
    }
    if (step.do === 'query') return parts.queries.perform(step);
    if (step.do === 'run') return thenForget(runCommand(step));
    if (step.do === 'call') return thenForget(call(step));
    if (step.do === 'setenv') {
      setVariables(environment, step);
      inquiry.forget();
      return { did: 'environment' };
    }
    if (step.do === 'grain') {
      grains.set(step);
      return { did: 'grain' };
    }
    files.perform(step);
    if (step.path === '/etc/passwd' || step.path === '/etc/group') accounts.forget();
    if (step.path.includes('/systemd/')) services.forget();
    return { did: 'files' };
  }

  return {
    now: () => systemClock.now(),
    ...parts,
    get grains() {
      return grains.all;
    },
    environment,
    ask: (command) => inquiry.ask(command),
    render: grains.render,
    inEnvironment: grains.inEnvironment,
    perform,
  };
}

/** Changes variables in place. */
export function setVariables(environment: Record<string, string | undefined>, { values }: EnvironmentStep): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === null) delete environment[name];
    else environment[name] = value;
  }
}

/** What a command that had to succeed said last. */
function failure(
  { argv }: Command,
  { code, timedOut, stdout, stderr }: CommandResult,
  complaint: string | undefined,
): Error {
  if (complaint !== undefined) {
    const said = [stdout.trim(), stderr.trim()].filter((text) => text !== '').join('\n');
    return machineErrors.refused({ complaint, said });
  }
  const words = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n');
  const how = timedOut ? 'was ended: it took too long' : `ended with code ${code}`;
  return machineErrors.commandFailed({ command: argv.join(' '), how, said: words });
}
