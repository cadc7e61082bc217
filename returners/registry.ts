import type { Returner, ReturnerRegistry } from '../lib/contracts/returner.ts';

/** Every returner that comes with tsalt. A file is read only when config names it. */
const files: Readonly<Record<string, () => Promise<{ readonly default: Returner }>>> = {
  graphite: () => import('./graphite.ts'),
  influxdb: () => import('./influxdb.ts'),
  json_lines: () => import('./json_lines.ts'),
  postgres: () => import('./postgres.ts'),
  webhook: () => import('./webhook.ts'),
};

export const builtinReturners: ReturnerRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no returner ${name}`);
    return (await load()).default;
  },
};
