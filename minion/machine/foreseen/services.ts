import type { ServiceFacts, ServiceStep, ServiceView } from '../../../lib/contracts/machine.ts';

export interface ForeseenServices extends ServiceView {
  lay(step: ServiceStep): void;
}

const effects: Readonly<Record<ServiceStep['action'], Partial<ServiceFacts>>> = {
  start: { running: true },
  stop: { running: false },
  restart: { running: true },
  reload: {},
  enable: { enabled: true },
  disable: { enabled: false },
  mask: { masked: true, enabled: false },
  unmask: { masked: false },
};

/** The services of `base` with planned actions laid over them. */
export function foreseenServices(base: ServiceView): ForeseenServices {
  const planned = new Map<string, Partial<ServiceFacts>>();
  const laidOver = (unit: string, facts: ServiceFacts): ServiceFacts => ({ ...facts, ...planned.get(fullName(unit)) });

  return {
    get unavailable() {
      return base.unavailable;
    },
    get notRunning() {
      return base.notRunning;
    },
    look: async (unit) => laidOver(unit, await base.look(unit)),
    names: () => base.names(),
    lay({ unit, action }) {
      planned.set(fullName(unit), { ...planned.get(fullName(unit)), ...effects[action] });
    },
  };
}

/** systemd's own rule: a name without a kind is a service. */
function fullName(unit: string): string {
  return /\.(service|socket|timer|target|mount|path|slice|scope|device|swap|automount)$/.test(unit)
    ? unit
    : `${unit}.service`;
}
