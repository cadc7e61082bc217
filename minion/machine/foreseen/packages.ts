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

  return {
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
    lay(step) {
      for (const { name, version } of step.install) {
        const planning = version ?? candidates.get(name) ?? installed(name)?.version ?? '';
        planned.set(name, { version: planning, state: 'installed' });
      }
      for (const name of step.remove) planned.set(name, leftOf(installed(name), step.purge === true));
    },
  };
}

function leftOf(old: PackageFacts | undefined, purge: boolean): PackageFacts | undefined {
  return old && !purge ? { ...old, state: 'config-files' } : undefined;
}
