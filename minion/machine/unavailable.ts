import type { PackageStep, PackageView, ServiceStep, ServiceView } from '../../lib/contracts/machine.ts';
import { machineErrors } from '../../lib/errors/machine.ts';
import type { Performing } from './machine.ts';

/** Packages where they can't be managed. Raises `TS_MACHINE_NOT_AVAILABLE` when one is to be changed all the same. */
export function unavailablePackages(reason: string): Performing<PackageView, PackageStep> {
  return {
    unavailable: reason,
    unchangeable: reason,
    installed: () => undefined,
    all: () => new Map(),
    offers: async () => new Map(),
    perform() {
      throw machineErrors.notAvailable({ what: 'packages', reason });
    },
    forget() {},
  };
}

/** Services where there are none. Raises `TS_MACHINE_NOT_AVAILABLE` when one is to be changed all the same. */
export function unavailableServices(reason: string): Performing<ServiceView, ServiceStep> {
  return {
    unavailable: reason,
    notRunning: reason,
    look: async () => ({ exists: false, running: false, enabled: false, masked: false, static: false }),
    all: async () => new Map(),
    perform() {
      throw machineErrors.notAvailable({ what: 'services', reason });
    },
    forget() {},
  };
}
