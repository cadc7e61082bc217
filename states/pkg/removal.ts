import { alreadyRight, impossible, type Changes, type Plan } from '../../lib/contracts/state.ts';
import type { PackagesFacts } from './facts.ts';
import { fulfils } from './versions.ts';
import type { Wanted } from './wanted.ts';

/** The plan of `pkg.removed` and `pkg.purged`. A version that is named spares the packages that have another one. */
export function planRemoval(
  wanted: readonly Wanted[],
  purge: boolean,
  facts: PackagesFacts,
  ignoreEpoch?: boolean,
): Plan {
  if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
  const names = wanted.map((one) => one.name);
  const isMeant = ({ name, version }: Wanted): boolean =>
    fulfils(facts.present[name]?.version ?? '', version, { manager: facts.manager, ignoreEpoch });
  const targets = wanted
    .filter((one) => isLeft(one.name, purge, facts) && isMeant(one))
    .map(({ name }) => name)
    .sort();
  const verb = purge ? 'purged' : 'removed';
  if (targets.length === 0)
    return alreadyRight(
      purge
        ? 'None of the targeted packages are installed or partially installed'
        : 'All specified packages are already absent',
    );
  if (facts.unchangeable !== undefined)
    return impossible(`Can't ${purge ? 'purge' : 'remove'} ${targets.join(', ')}: ${facts.unchangeable}`);
  const others = names.filter((name) => !targets.includes(name)).sort();
  const gone = Object.fromEntries(targets.map((name) => [name, { old: facts.present[name]?.version ?? '', new: '' }]));
  return {
    changes: purge ? purgeChanges(gone, facts) : gone,
    comment: `The following packages will be ${verb}: ${targets.join(', ')}.`,
    done:
      others.length === 0
        ? `All targeted packages were ${verb}.`
        : `The following packages were not installed: ${others.join(', ')} ` +
          `The following packages were ${verb}: ${targets.join(', ')}.`,
    steps: [{ do: 'packages', install: [], remove: targets, purge }],
    obscures: ['files', 'services', 'accounts'],
  };
}

/** Salt tells those that were installed from those of which only the configuration was left. */
function purgeChanges(gone: Changes, { present }: PackagesFacts): Changes {
  const ofState = (left: boolean): Changes =>
    Object.fromEntries(Object.entries(gone).filter(([name]) => (present[name]?.state === 'config-files') === left));
  return { installed: ofState(false), removed: ofState(true) };
}

function isLeft(name: string, purge: boolean, { present }: PackagesFacts): boolean {
  const state = present[name]?.state;
  return state !== undefined && (purge || state !== 'config-files');
}
