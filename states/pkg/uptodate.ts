import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { validMs } from './facts.ts';
import { reportPackages } from './report.ts';
import { checkPackages, howToChange, packageArgs, sourceArgs, wantedPackages } from './wanted.ts';

interface Facts {
  readonly unavailable?: string | undefined;
  readonly unchangeable?: string | undefined;
  readonly upgrades: Readonly<Record<string, { readonly old: string; readonly new: string }>>;
}

const { only_upgrade: _, ...howArgs } = sourceArgs;

const args = v.strictObject({ ...packageArgs, ...howArgs, dist_upgrade: v.optional(v.boolean()) });

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'All packages, or those that are named, are as new as the sources have them.',
  example: `
everything-new:
  pkg.uptodate:
    - refresh: true
`,
  args,
  reads: ['packages'],
  check: (given) => (given.pkgs === undefined ? undefined : checkPackages(given)),

  async read(given, { packages }): Promise<Facts> {
    const { unavailable, unchangeable } = packages;
    if (unavailable !== undefined) return { unavailable, upgrades: {} };
    const refresh = given.refresh === true ? 'always' : 'never';
    const options = { release: given.fromrepo, refresh, ...validMs(given) } as const;
    const upgrades = [...(await packages.upgrades(given.dist_upgrade === true, options))];
    const meant = namesOf(given);
    return {
      unchangeable,
      upgrades: Object.fromEntries(meant ? upgrades.filter(([name]) => meant.includes(name)) : upgrades),
    };
  },

  plan(given, { unavailable, unchangeable, upgrades }): Plan {
    if (unavailable !== undefined) return impossible(`Packages can't be managed here: ${unavailable}`);
    const names = Object.keys(upgrades);
    if (names.length === 0) return alreadyRight('System is already up-to-date');
    if (unchangeable !== undefined) return impossible(`Can't update ${names.join(', ')}: ${unchangeable}`);
    return {
      changes: upgrades,
      comment: 'System update will be performed',
      done: 'Upgrade ran successfully',
      steps: [
        {
          do: 'packages',
          install: given.pkgs ? names.map((name) => ({ name, version: upgrades[name]?.new })) : [],
          remove: [],
          release: given.fromrepo,
          recommends: given.install_recommends,
          ...howToChange(given),
          ...(given.pkgs ? { onlyUpgrade: true } : { upgrade: given.dist_upgrade === true ? 'full' : 'safe' }),
        },
      ],
      obscures: ['files', 'services', 'accounts'],
    };
  },

  report: reportPackages,
});

/** Undefined for all of them. */
function namesOf(given: Args): string[] | undefined {
  return given.pkgs && wantedPackages(given).map(({ name }) => name);
}
