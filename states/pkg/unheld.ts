import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, type PackagesFacts } from './facts.ts';
import { planHolding, reportHolding } from './hold-plan.ts';
import { checkPackages, packageArgs, wantedPackages } from './wanted.ts';

interface Facts extends PackagesFacts {
  readonly held: readonly string[];
}

const args = v.strictObject({ ...packageArgs, all: v.optional(v.boolean()) });

export default defineState<typeof args, Facts>({
  summary: 'Packages are let go: upgrades change them again.',
  example: `
kernels-again:
  pkg.unheld:
    - pkgs: [linux-image-amd64]
`,
  args,
  reads: ['packages'],
  check: (given) => (given.all ? undefined : checkPackages(given)),

  async read(given, machine): Promise<Facts> {
    const names = given.all ? [] : wantedPackages(given).map(({ name }) => name);
    const facts = await readPresent(machine, names);
    const held = [...machine.packages.all()].flatMap(([name, one]) => (one.held ? [name] : []));
    return { ...facts, held };
  },

  plan(given, facts): Plan {
    const names = wantedPackages(given).map(({ name }) => name);
    if (names.length === 0 && !given.all) return alreadyRight('No packages to be unheld provided');
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    const unhold = given.all ? facts.held : names.filter((name) => facts.present[name]?.held);
    return planHolding({ hold: [], unhold }, facts, 'No changes made');
  },

  report: reportHolding,
});
