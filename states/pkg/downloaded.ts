import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, refreshOption, validMs, withOffers, type PackagesFacts } from './facts.ts';
import { choose, fulfils } from './versions.ts';
import { checkPackages, howToChange, packageArgs, printWanted, sourceArgs, version, wantedPackages } from './wanted.ts';

const { install_recommends: _a, only_upgrade: _b, force_conf_new: _c, ...downloadArgs } = sourceArgs;

const args = v.strictObject({ ...packageArgs, version, ...downloadArgs, ignore_epoch: v.optional(v.boolean()) });

interface Facts extends PackagesFacts {
  readonly cached: Readonly<Record<string, readonly string[]>>;
}

export default defineState<typeof args, Facts>({
  summary: "Packages are in the package manager's cache, ready to be installed.",
  example: `
for-the-night:
  pkg.downloaded:
    - pkgs: [openssl, curl]
`,
  args,
  reads: ['packages', 'files'],
  check: checkPackages,

  async read(given, machine): Promise<Facts> {
    const names = wantedPackages(given).map(({ name }) => name);
    const facts = await readPresent(machine, names);
    const cached = Object.fromEntries(machine.packages.downloaded());
    const refresh = refreshOption(given.refresh);
    return {
      ...(await withOffers(facts, machine, names, { release: given.fromrepo, refresh, ...validMs(given) })),
      cached,
    };
  },

  plan(given, facts): Plan {
    const wanted = wantedPackages(given);
    if (wanted.length === 0) return alreadyRight('No packages to download provided');
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    if (facts.manager === 'dnf')
      return impossible('pkg.downloaded is for apt: what dnf has in its cache is not told by name and version');
    const lenient = { manager: facts.manager, ignoreEpoch: given.ignore_epoch };
    const targets = wanted.map((one) => {
      const offer = facts.offers[one.name];
      const target = offer && choose(offer, one.version === 'latest' ? undefined : one.version, lenient);
      const cached = facts.cached[one.name.split(':')[0] ?? one.name] ?? [];
      const isThere =
        target === undefined ? cached.some((file) => fulfils(file, one.version, lenient)) : cached.includes(target);
      return { one, target, isThere };
    });
    const todo = targets.filter(({ isThere }) => !isThere);
    if (todo.length === 0)
      return alreadyRight(`Packages are already downloaded: ${wanted.map(printWanted).join(', ')}`);
    if (facts.unchangeable !== undefined)
      return impossible(`Can't download ${todo.map(({ one }) => one.name).join(', ')}: ${facts.unchangeable}`);
    const lacking = todo.filter(({ target }) => target === undefined);
    if (lacking.length > 0 && facts.updated)
      return impossible(lacking.map(({ one }) => `No package source has '${printWanted(one)}'`).join('\n'));
    const summary = todo.map(({ one }) => one.name).join(', ');
    return {
      changes: Object.fromEntries(todo.map(({ one, target }) => [one.name, { old: '', new: target ?? '' }])),
      comment: `The following packages would be downloaded: ${summary}`,
      done: `Packages downloaded: ${summary}`,
      steps: [
        {
          do: 'packages',
          // Also those that are installed in that version.
          install: todo.map(({ one, target }) => ({ name: one.name, version: target })),
          remove: [],
          release: given.fromrepo,
          downloadOnly: true,
          reinstall: true,
          ...(lacking.length > 0 ? { refresh: true } : {}),
          ...howToChange(given),
        },
      ],
      ...(lacking.length > 0 ? { unknownUntilRun: true } : {}),
    };
  },

  report(plan, results) {
    const failed = results.flatMap((result) => (result.did === 'packages' ? (result.failed ?? []) : []));
    return failed.length === 0
      ? { result: true, changes: plan.changes, comment: plan.done ?? plan.comment }
      : { result: false, changes: {}, comment: failed.join('\n') };
  },
});
