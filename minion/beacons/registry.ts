import type { AnyBeacon, BeaconRegistry } from '../../lib/contracts/beacon.ts';
import { beaconNames, type BeaconName } from '../../lib/beacons/parameters.ts';

/** Every beacon that comes with tsalt. A file is read only when the beacon is configured. */
const files: Readonly<Record<BeaconName, () => Promise<{ readonly default: AnyBeacon }>>> = {
  diskusage: () => import('./diskusage.ts'),
  inotify: () => import('./inotify.ts'),
  journald: () => import('./journald.ts'),
  load: () => import('./load.ts'),
  log: () => import('./log.ts'),
  memusage: () => import('./memusage.ts'),
  network_info: () => import('./network_info.ts'),
  network_settings: () => import('./network_settings.ts'),
  ps: () => import('./ps.ts'),
  service: () => import('./service.ts'),
  status: () => import('./status.ts'),
  swapusage: () => import('./swapusage.ts'),
};

export const builtinBeacons: BeaconRegistry = {
  names: beaconNames,
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name as BeaconName] : undefined;
    if (!load) throw new RangeError(`no beacon ${name}`);
    return (await load()).default;
  },
};
