import type { ExecModule, ModuleRegistry } from '../../lib/contracts/execution.ts';

/** Every execution module that comes with tsalt. A file is read only when one of its functions is called. */
const files: Readonly<Record<string, () => Promise<{ readonly default: ExecModule }>>> = {
  alternatives: () => import('./alternatives.ts'),
  beacons: () => import('./beacons.ts'),
  cmd: () => import('./cmd.ts'),
  collector: () => import('./collector.ts'),
  config: () => import('./config.ts'),
  cp: () => import('./cp.ts'),
  cron: () => import('./cron.ts'),
  disk: () => import('./disk.ts'),
  environ: () => import('./environ.ts'),
  event: () => import('./event.ts'),
  file: () => import('./file.ts'),
  grains: () => import('./grains.ts'),
  group: () => import('./group.ts'),
  hashutil: () => import('./hashutil.ts'),
  hosts: () => import('./hosts.ts'),
  kmod: () => import('./kmod.ts'),
  locale: () => import('./locale.ts'),
  match: () => import('./match.ts'),
  mine: () => import('./mine.ts'),
  mount: () => import('./mount.ts'),
  network: () => import('./network.ts'),
  pillar: () => import('./pillar.ts'),
  pkg: () => import('./pkg.ts'),
  random: () => import('./random.ts'),
  saltutil: () => import('./saltutil.ts'),
  schedule: () => import('./schedule.ts'),
  service: () => import('./service.ts'),
  state: () => import('./state.ts'),
  status: () => import('./status.ts'),
  sys: () => import('./sys.ts'),
  sysctl: () => import('./sysctl.ts'),
  test: () => import('./test.ts'),
  timezone: () => import('./timezone.ts'),
  user: () => import('./user.ts'),
};

export const builtinModules: ModuleRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no execution module ${name}`);
    return (await load()).default;
  },
};
