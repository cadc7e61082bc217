import { systemClock } from '../../../lib/clock.ts';
import type { CommandResult, FileStep, Foreseen, Reading } from '../../../lib/contracts/machine.ts';
import { isMasterStep } from '../../../lib/contracts/orchestration.ts';
import { createAccounts } from '../accounts.ts';
import { questionOf } from '../inquiry.ts';
import { setVariables } from '../machine.ts';
import { createRunGrains } from '../run-grains.ts';
import { foreseenFiles } from './files.ts';
import { foreseenPackages } from './packages.ts';
import { foreseenServices } from './services.ts';

/**
 * The machine as later states of a test run see it: every plan so far is taken as done, nothing is changed. Of a command's
 * step that is what it foretells: what else it does can't be known, and the engine reports what reads after it as such.
 */
export function foresee(reading: Reading, nowMs: () => number = () => systemClock.now()): Foreseen {
  const files = foreseenFiles(reading.files, nowMs);
  const packages = foreseenPackages(reading.packages);
  const services = foreseenServices(reading.services);
  const answers = new Map<string, CommandResult>();
  const grains = createRunGrains(reading);
  const environment = { ...reading.environment };
  let accounts = reading.accounts;

  function layOnFiles(step: FileStep): void {
    files.lay(step);
    if (step.path !== '/etc/passwd' && step.path !== '/etc/group') return;
    // Planned lines count; who is in no file, neither now nor before, is still found where the machine finds him.
    const written = createAccounts((path) => files.read(path));
    const before = createAccounts((path) => reading.files.read(path));
    const real = reading.accounts;
    accounts = {
      uid: (user) => written.uid(user) ?? (before.uid(user) === undefined ? real.uid(user) : undefined),
      gid: (group) => written.gid(group) ?? (before.gid(group) === undefined ? real.gid(group) : undefined),
      userName: (uid) => written.user(uid)?.name ?? (before.user(uid) ? String(uid) : real.userName(uid)),
      groupName: (gid) => {
        const name = written.groupName(gid);
        return name !== String(gid) || before.groupName(gid) !== name ? name : real.groupName(gid);
      },
    };
  }

  return {
    ...reading,
    files,
    packages,
    services,
    environment,
    render: grains.render,
    inEnvironment: grains.inEnvironment,
    get grains() {
      return grains.all;
    },
    get accounts() {
      return accounts;
    },
    ask: async (command) => answers.get(questionOf(command)) ?? reading.ask(command),
    lay(step) {
      if (step.do === 'packages') return packages.lay(step);
      if (step.do === 'service') return services.lay(step);
      // What a function does, nobody can tell; a question changes nothing.
      if (step.do === 'call' || step.do === 'query' || isMasterStep(step)) return;
      if (step.do === 'run') {
        for (const { command, stdout } of step.answers ?? []) answers.set(questionOf(command), answered(stdout));
      }
      if (step.do === 'grain') return grains.set(step);
      if (step.do === 'setenv') return setVariables(environment, step);
      for (const one of step.do === 'run' ? (step.foretells ?? []) : [step]) layOnFiles(one);
    },
  };
}

function answered(stdout: string): CommandResult {
  return { pid: 0, code: 0, stdout, stderr: '', timedOut: false, truncated: false };
}
