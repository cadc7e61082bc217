import { alreadyRight, type Plan } from '../../lib/contracts/state.ts';
import { remoteUrl, type Checkout } from './checkout.ts';
import { gitStep, namesBelow } from './git.ts';
import type { LatestFacts } from './latest-facts.ts';
import type { LatestArgs } from './latest.ts';

/** A bare repository follows all branches and tags. */
export function planBare(given: LatestArgs, { remote }: LatestFacts, checkout: Checkout): Plan {
  const { target, name } = given;
  const prefixes = ['refs/heads/', 'refs/tags/'];
  const differing = prefixes.flatMap((prefix) => {
    const [here, there] = [namesBelow(checkout.refs, prefix), namesBelow(remote.refs, prefix)];
    const gone = given.mirror ? Object.keys(here).filter((ref) => !(ref in there)) : [];
    return [...Object.keys(there).filter((ref) => here[ref] !== there[ref]), ...gone].map((ref) => `${prefix}${ref}`);
  });
  const url = remoteUrl(checkout, given.remote);
  if (differing.length === 0 && url === name) return alreadyRight(`Repository ${target} is up-to-date`);
  const head = checkout.branch === undefined ? undefined : remote.refs[`refs/heads/${checkout.branch}`];
  const inside = (...words: string[]) => gitStep(['-C', target, ...words], given);
  const refspecs = given.mirror
    ? ['+refs/*:refs/*']
    : prefixes.map((prefix) => `${given.force_fetch || prefix === 'refs/tags/' ? '+' : ''}${prefix}*:${prefix}*`);
  return {
    changes: {
      ...(url === name ? {} : { [`remotes/${given.remote}`]: { old: url ?? null, new: name } }),
      ...(head === undefined || head === checkout.head ? {} : { revision: { old: checkout.head ?? null, new: head } }),
      ...(differing.length > 0 ? { refs: differing } : {}),
    },
    comment: `Bare repository at ${target} would be fetched`,
    done: `Bare repository at ${target} was fetched${differing.length > 0 ? ', resulting in updated refs' : ''}`,
    steps: [
      ...(url === name ? [] : [inside('config', `remote.${given.remote}.url`, name)]),
      ...(differing.length > 0
        ? [inside('fetch', '--quiet', ...(given.mirror ? ['--prune'] : []), '--', given.remote, ...refspecs)]
        : []),
    ],
    obscures: ['files'],
  };
}
