import { systemClock } from '../../../lib/clock.ts';
import type { FileStep, Foreseen, Reading } from '../../../lib/contracts/machine.ts';
import { createAccounts } from '../accounts.ts';
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
  let accounts = reading.accounts;

  function layOnFiles(step: FileStep): void {
    files.lay(step);
    if (step.path !== '/etc/passwd' && step.path !== '/etc/group') return;
    // Planned lines count; who is in neither file is still found where the machine finds him.
    const written = createAccounts((path) => files.read(path));
    const real = reading.accounts;
    accounts = {
      uid: (user) => written.uid(user) ?? real.uid(user),
      gid: (group) => written.gid(group) ?? real.gid(group),
      userName: (uid) => written.user(uid)?.name ?? real.userName(uid),
      groupName: (gid) => (written.groupName(gid) === String(gid) ? real.groupName(gid) : written.groupName(gid)),
    };
  }

  return {
    ...reading,
    files,
    packages,
    services,
    get accounts() {
      return accounts;
    },
    lay(step) {
      if (step.do === 'packages') return packages.lay(step);
      if (step.do === 'service') return services.lay(step);
      // A question changes nothing.
      if (step.do === 'query') return;
      for (const one of step.do === 'run' ? (step.foretells ?? []) : [step]) layOnFiles(one);
    },
  };
}
