import type { PackageFacts, PackageStep, PackageView } from '../../../lib/contracts/machine.ts';

export interface ForeseenPackages extends PackageView {
  lay(step: PackageStep): void;
}

/** The packages of `base` with planned installations and removals laid over them (their dependencies can't be known). */
export function foreseenPackages(base: PackageView): ForeseenPackages {
  const planned = new Map<string, PackageFacts | undefined>();
  const candidates = new Map<string, string>();
  const installed = (name: string): PackageFacts | undefined =>
    planned.has(name) ? planned.get(name) : base.installed(name);
  const fetched = new Map<string, readonly string[]>();
  let allUpgraded = false;

  function setHeld(name: string, held: boolean): void {
    const facts = installed(name);
    if (!facts) return;
    const { version, state } = facts;
    planned.set(name, { version, state, ...(held ? { held } : {}) });
  }

  return {
    manager: base.manager,
    ready: () => base.ready(),
    // Asked for when needed: finding out may take reading.
    get unavailable() {
      return base.unavailable;
    },
    get unchangeable() {
      return base.unchangeable;
    },
    get updated() {
      return base.updated;
    },
    installed,
    all() {
      const all = new Map(base.all());
      for (const [name, facts] of planned) {
        if (facts) all.set(name, facts);
        else all.delete(name);
      }
      return all;
    },
    async offers(names, options) {
      // Updating the lists would change the machine.
      const offers = await base.offers(names, { ...options, refresh: 'never' });
      // A step names no version where it is the candidate: this is what it was when the plan was made.
      for (const [name, offer] of offers) candidates.set(name, offer.candidate);
      return offers;
    },
    async upgrades(full, options) {
      const upgrades = new Map(await base.upgrades(full, { ...options, refresh: 'never' }));
      for (const [name, { new: version }] of upgrades)
        if (allUpgraded || (planned.has(name) && planned.get(name)?.version === version)) upgrades.delete(name);
      return upgrades;
    },
    altered: async (names) => new Map([...(await base.altered(names))].filter(([name]) => !planned.has(name))),
    describe: (file) => base.describe(file),
    downloaded() {
      const all = new Map(base.downloaded());
      for (const [name, versions] of fetched) all.set(name, [...(all.get(name) ?? []), ...versions]);
      return all;
    },
    group: (name) => base.group(name),
    lay(step) {
      const { hold = [], unhold = [] } = step;
      if (step.upgrade !== undefined) allUpgraded = true;
      if (step.downloadOnly) {
        for (const { name, version } of step.install)
          fetched.set(name, [...(fetched.get(name) ?? []), version ?? candidates.get(name) ?? '']);
        return;
      }
      for (const name of unhold) setHeld(name, false);
      for (const { name, version } of step.install) {
        const planning = version ?? candidates.get(name) ?? installed(name)?.version ?? '';
        const held = installed(name)?.held;
        planned.set(name, { version: planning, state: 'installed', ...(held ? { held } : {}) });
      }
      for (const name of step.remove) planned.set(name, leftOf(installed(name), step.purge === true));
      for (const name of hold) setHeld(name, true);
    },
  };
}

function leftOf(old: PackageFacts | undefined, purge: boolean): PackageFacts | undefined {
  return old && !purge ? { ...old, state: 'config-files' } : undefined;
}
