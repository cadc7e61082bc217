import type {
  Command,
  CommandResult,
  CommandStep,
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
import { machineErrors } from '../../lib/errors/machine.ts';
import { systemClock } from '../../lib/clock.ts';
import type { JsonMap } from '../../lib/json.ts';
import { askGetent, createAccounts, type Accounts } from './accounts.ts';
import { createDownloads } from './downloads.ts';
import { createFiles, type Files } from './files.ts';
import { createPackages } from './packages.ts';
import { createProcesses, type RunningProcesses } from './processes.ts';
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
  readonly downloads: DownloadView;
  readonly sources: SourceView;
  readonly render: Reading['render'];
  /** The system's clock when undefined. */
  readonly now?: Reading['now'];
}

type LocalParts = Pick<MachineParts, 'files' | 'accounts' | 'processes' | 'packages' | 'services' | 'downloads'>;

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
    downloads: createDownloads(),
  };
}

/** One machine out of its parts: each step goes to the part it is for, and the others forget what it may have changed. */
export function createMachine(parts: MachineParts): Machine {
  const { files, accounts, packages, services } = parts;

  function changedFromOutside(): void {
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

  async function runCommand({ command, must, complaint }: CommandStep): Promise<StepResult> {
    const result = await parts.processes.run(command);
    if (must && (result.code !== 0 || result.timedOut)) throw failure(command, result, complaint);
    return { did: 'run', result };
  }

  function perform(step: Step): Promise<StepResult> | StepResult {
    if (step.do === 'packages') return thenForget(packages.perform(step));
    if (step.do === 'service') return services.perform(step);
    if (step.do === 'run') return thenForget(runCommand(step));
    files.perform(step);
    if (step.path === '/etc/passwd' || step.path === '/etc/group') accounts.forget();
    if (step.path.includes('/systemd/')) services.forget();
    return { did: 'files' };
  }

  return { now: () => systemClock.now(), ...parts, perform };
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
