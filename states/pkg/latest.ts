import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, validMs, versionOf, withOffers, type PackagesFacts } from './facts.ts';
import { reportPackages } from './report.ts';
import { compareVersions } from './versions.ts';
import { checkPackages, howToChange, packageArgs, sourceArgs, wantedPackages } from './wanted.ts';

export default defineState({
  summary: 'Packages are installed, in the newest version that the sources have.',
  example: `
openssl:
  pkg.latest
`,
  args: v.strictObject({
    ...packageArgs,
    ...sourceArgs,
  }),
  reads: ['packages'],
  check: checkPackages,

  async read(args, machine): Promise<PackagesFacts> {
    const names = namesOf(args);
    const refresh = args.refresh === false ? 'never' : 'always';
    const facts = await readPresent(machine, names);
    // Also who may install nothing may know that there is nothing to install.
    const asked = await withOffers({ ...facts, unchangeable: undefined }, machine, names, {
      release: args.fromrepo,
      refresh,
      ...validMs(args),
    });
    return { ...asked, unchangeable: facts.unchangeable };
  },

  plan(args, facts): Plan {
    const all = namesOf(args);
    // What is only to be upgraded may stay away.
    const names = args.only_upgrade ? all.filter((name) => facts.present[name]?.state === 'installed') : all;
    if (names.length === 0 && all.length > 0)
      return alreadyRight('None of the packages is installed: nothing to upgrade');
    if (names.length === 0) return alreadyRight('No packages to install provided');
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    const unknown = names.filter((name) => !facts.offers[name] && facts.present[name]?.state !== 'installed');
    // In test mode the lists are as they were: an update may bring it.
    if (unknown.length > 0 && facts.updated)
      return impossible(unknown.map((name) => `No information found for '${name}'.`).join(' '));

    const todo = names.filter((name) => isOld(name, facts)).sort();
    const current = names.filter((name) => !todo.includes(name)).sort();
    if (todo.length === 0) return alreadyRight(upToDate(names));
    if (facts.unchangeable !== undefined) return impossible(`Can't install ${todo.join(', ')}: ${facts.unchangeable}`);
    return {
      changes: Object.fromEntries(
        todo.map((name) => [
          name,
          { old: versionOf(name, facts), new: facts.offers[name]?.candidate ?? 'whatever the updated lists offer' },
        ]),
      ),
      comment: [
        `The following packages would be installed/upgraded: ${todo.join(', ')}`,
        ...listed(current, 'are', (name) => `${name} (${versionOf(name, facts)})`),
      ].join('\n'),
      done: [
        `The following packages were successfully installed/upgraded: ${todo.join(', ')}`,
        ...listed(current, 'were', (name) => name),
      ].join(' '),
      steps: [
        {
          do: 'packages',
          install: todo.map((name) => ({ name })),
          remove: [],
          release: args.fromrepo,
          recommends: args.install_recommends,
          ...howToChange(args),
        },
      ],
      ...(unknown.length > 0 ? { unknownUntilRun: true } : {}),
      obscures: ['files', 'services', 'accounts'],
    };
  },

  report: reportPackages,
});

const namesOf = (args: Parameters<typeof wantedPackages>[0]): string[] => wantedPackages(args).map((one) => one.name);

function isOld(name: string, facts: PackagesFacts): boolean {
  const offer = facts.offers[name];
  if (facts.present[name]?.state !== 'installed') return true;
  return offer !== undefined && compareVersions(versionOf(name, facts), offer.candidate, facts.manager) < 0;
}

function listed(names: readonly string[], verb: string, print: (name: string) => string): string[] {
  if (names.length === 0) return [];
  if (names.length > 10) return [`${names.length} packages ${verb} already up-to-date`];
  return [`The following packages ${verb} already up-to-date: ${names.map(print).join(', ')}`];
}

function upToDate(names: readonly string[]): string {
  if (names.length > 10) return `All ${names.length} packages are up-to-date.`;
  if (names.length > 1) return `All packages are up-to-date (${[...names].sort().join(', ')}).`;
  return `Package ${names[0] ?? ''} is already up-to-date`;
}
