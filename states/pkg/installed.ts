import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, refreshOption, withOffers, type PackagesFacts } from './facts.ts';
import { reportPackages } from './report.ts';
import { choose, fulfils } from './versions.ts';
import { checkPackages, packageArgs, printWanted, version, wantedPackages, type Wanted } from './wanted.ts';

export default defineState({
  summary: 'Packages are installed, in the versions that are named.',
  example: `
editors:
  pkg.installed:
    - pkgs:
      - nano
      - vim: '>=2:9.0'
`,
  args: v.strictObject({
    ...packageArgs,
    version,
    refresh: v.optional(v.boolean()),
    fromrepo: v.optional(v.string()),
    install_recommends: v.optional(v.boolean()),
  }),
  reads: ['packages'],
  check: checkPackages,

  async read(args, machine): Promise<PackagesFacts> {
    const wanted = wantedPackages(args);
    const facts = readPresent(machine, names(wanted));
    const todo = names(wanted.filter((one) => one.version === 'latest' || !isThere(one, facts)));
    const refresh = refreshOption(args.refresh);
    const asked = await withOffers(facts, machine, todo, { release: args.fromrepo, refresh });
    const lacking = wanted.some((one) => asked.offers[one.name] && targetOf(one, asked) === undefined);
    // The version that is wanted may be newer than the lists.
    if (!lacking || asked.updated) return asked;
    return withOffers(facts, machine, todo, { release: args.fromrepo, refresh: 'always' });
  },

  plan(args, facts): Plan {
    const wanted = wantedPackages(args);
    if (wanted.length === 0) return alreadyRight('No packages to install provided');
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    const todo = wanted.filter((one) => !isThere(one, facts));
    if (todo.length === 0) return alreadyRight(alreadyThere(wanted));
    if (facts.unchangeable !== undefined)
      return impossible(`Can't install ${names(todo).join(', ')}: ${facts.unchangeable}`);

    const targets = todo.map((one) => ({ one, version: targetOf(one, facts) }));
    const lacking = targets.filter((target) => target.version === undefined).map((target) => target.one);
    if (lacking.length > 0 && facts.updated) return impossible(lacking.map((one) => notOnOffer(one, facts)).join('\n'));

    return {
      changes: Object.fromEntries(
        targets.map((target) => [
          target.one.name,
          { old: versionOf(target.one.name, facts), new: target.version ?? 'whatever the updated lists offer' },
        ]),
      ),
      comment: `The following packages would be installed/updated: ${names(todo).join(', ')}`,
      done: installedComment(todo, wanted),
      steps: [
        {
          do: 'packages',
          install: targets.map((target) => ({
            name: target.one.name,
            version: target.one.version === undefined ? undefined : target.version,
          })),
          remove: [],
          refresh: args.refresh === true || lacking.length > 0,
          release: args.fromrepo,
          recommends: args.install_recommends,
        },
      ],
      ...(lacking.length > 0 ? { unknownUntilRun: true } : {}),
      obscures: ['files', 'services', 'accounts'],
    };
  },

  report: reportPackages,
});

const names = (wanted: readonly Wanted[]): string[] => wanted.map((one) => one.name);

function isThere({ name, version: wanted }: Wanted, { present, offers }: PackagesFacts): boolean {
  const facts = present[name];
  if (facts?.state !== 'installed') return false;
  return wanted === 'latest'
    ? facts.version === (offers[name]?.candidate ?? facts.version)
    : fulfils(facts.version, wanted);
}

function targetOf({ name, version: wanted }: Wanted, { offers }: PackagesFacts): string | undefined {
  const offer = offers[name];
  return offer && choose(offer, wanted === 'latest' ? undefined : wanted);
}

function versionOf(name: string, { present }: PackagesFacts): string {
  const facts = present[name];
  return facts && facts.state !== 'config-files' ? facts.version : '';
}

function notOnOffer(one: Wanted, { offers }: PackagesFacts): string {
  const offer = offers[one.name];
  if (!offer) return `No package source has '${one.name}'`;
  return `No package source has ${printWanted(one)}; on offer: ${offer.versions.join(', ')}`;
}

function alreadyThere(wanted: readonly Wanted[]): string {
  const versions = wanted.some((one) => one.version !== undefined) ? ' and are at the desired version' : '';
  return `All specified packages are already installed${versions}`;
}

/** Salt's words: names while they are short, else how many. */
function installedComment(todo: readonly Wanted[], wanted: readonly Wanted[]): string {
  const summary = todo.map(printWanted).join(', ');
  const count = `${todo.length} targeted package${todo.length > 1 ? 's were' : ' was'} installed/updated.`;
  const lines = [summary.length < 20 ? `The following packages were installed/updated: ${summary}` : count];
  const others = wanted.filter((one) => !todo.includes(one));
  if (others.length > 20) lines.push(`${others.length} targeted packages were already installed`);
  else if (others.length > 0)
    lines.push(`The following packages were already installed: ${others.map(printWanted).join(', ')}`);
  return lines.join('\n');
}
