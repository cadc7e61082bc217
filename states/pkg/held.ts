import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, type PackagesFacts } from './facts.ts';
import { planHolding, reportHolding } from './hold-plan.ts';
import { checkPackages, packageArgs, wantedPackages } from './wanted.ts';

interface Facts extends PackagesFacts {
  /** All that are held now. */
  readonly held: readonly string[];
}

const args = v.strictObject({ ...packageArgs, replace: v.optional(v.boolean()) });

export default defineState<typeof args, Facts>({
  summary: 'Packages stay as they are: no upgrade changes them.',
  example: `
no-new-kernel:
  pkg.held:
    - pkgs: [linux-image-amd64]
`,
  args,
  reads: ['packages'],

  check(given) {
    const versioned = wantedPackages(given).find(({ version }) => version !== undefined);
    return versioned
      ? `a package is held in the version it has: no version can be named for ${versioned.name}`
      : checkPackages(given);
  },

  async read(given, machine): Promise<Facts> {
    const facts = await readPresent(
      machine,
      wantedPackages(given).map(({ name }) => name),
    );
    const held = [...machine.packages.all()].flatMap(([name, one]) => (one.held ? [name] : []));
    return { ...facts, held };
  },

  plan(given, facts): Plan {
    const names = wantedPackages(given).map(({ name }) => name);
    if (names.length === 0 && !given.replace) return alreadyRight('No packages to be held provided');
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    const missing = names.filter((name) => !facts.present[name] || facts.present[name].state === 'config-files');
    if (missing.length > 0)
      return impossible(missing.map((name) => `Package ${name} was not held: it is not installed`).join('\n'));
    const hold = names.filter((name) => !facts.present[name]?.held);
    const unhold = given.replace ? facts.held.filter((name) => !names.includes(name)) : [];
    return planHolding({ hold, unhold }, facts, 'No changes made');
  },

  report: reportHolding,
});
