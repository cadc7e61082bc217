import type { SourceView } from '../../lib/contracts/machine.ts';
import { BASE, directoriesOf, environmentNames, type Roots } from '../../lib/environments.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { nearest } from '../../lib/nearest.ts';
import { addressOf, type Address } from './address.ts';
import { treeOfRoots, type LocalTree } from './roots.ts';
import { treeWith, type Later, type Tree } from './tree.ts';

/** The trees of a machine, by environment. */
export interface Environments {
  /** Those that have a tree of their own: `base` first, then in the order of the config. */
  readonly names: readonly string[];
  /** The tree of an environment; undefined where there is no such environment. One that was waited for is there at once. */
  tree(environment: string): Later<Tree | undefined>;
}

/** Environments whose trees are directories of this machine. */
export interface LocalEnvironments extends Environments {
  tree(environment: string): LocalTree | undefined;
}

/** The environments that `file_roots` or `pillar_roots` make on this machine. */
export function environmentsOfRoots(roots: Roots): LocalEnvironments {
  const trees = new Map<string, LocalTree | undefined>();
  return {
    names: environmentNames(roots),
    tree(environment) {
      if (!trees.has(environment)) {
        const directories = directoriesOf(roots, environment);
        trees.set(environment, directories && treeOfRoots(directories));
      }
      return trees.get(environment);
    },
  };
}

/** A tree that is the only environment. */
export function onlyEnvironment(tree: Tree, environment = BASE): Environments {
  return { names: [environment], tree: (asked) => (asked === environment ? tree : undefined) };
}

/** The environments with one more file in one of them, or another one in place of its own. */
export function environmentsWith(
  environments: Environments,
  file: { readonly environment: string; readonly path: string; readonly bytes: Buffer; readonly shown: string },
): Environments {
  const { environment, path, bytes, shown } = file;
  let changed: Tree | undefined;
  const change = (tree: Tree | undefined) => (changed ??= tree && treeWith(tree, path, bytes, shown));
  return {
    names: environments.names,
    tree(asked) {
      const tree = environments.tree(asked);
      if (asked !== environment) return tree;
      return tree instanceof Promise ? tree.then(change) : change(tree);
    },
  };
}

/** What states of an environment see of the trees: their own, unless an address names another (`salt://x?saltenv=dev`). */
export function sourcesOf(environments: Environments, saltenv: string): SourceView {
  /** At once where the tree is here: a run of a thousand states must not wait a thousand times. */
  function within<T>(url: string, use: (tree: Tree, path: string) => Later<T>): Later<T> {
    // Only listing is of all of a tree.
    const { path, environment = saltenv }: Address = url === 'salt://' ? { path: '' } : addressOf(url);
    const go = (found: Tree | undefined): Later<T> => {
      if (found) return use(found, path);
      throw stateErrors.noSource({ url }, { hint: unknownEnvironment(environments, environment) });
    };
    const tree = environments.tree(environment);
    return tree instanceof Promise ? tree.then(go) : go(tree);
  }

  return {
    read: (url) =>
      within(url, (tree, path) => {
        const bytes = tree.read(path);
        if (bytes instanceof Promise) return bytes.then((found) => found ?? noSource(environments, saltenv, url));
        return bytes ?? noSource(environments, saltenv, url);
      }),
    list: (url) => within(url, (tree, path) => tree.list(path)),
    mode: (url) => within(url, (tree, path) => tree.mode?.(path)),
  };
}

/** Whether an address leads to a file, for states of an environment. */
export function hasSource(environments: Environments, saltenv: string, url: string): Later<boolean> {
  const { path, environment = saltenv } = addressOf(url);
  const tree = environments.tree(environment);
  return tree instanceof Promise ? tree.then((found) => found?.has(path) ?? false) : (tree?.has(path) ?? false);
}

async function noSource(environments: Environments, saltenv: string, url: string): Promise<never> {
  throw stateErrors.noSource({ url }, { hint: await nearestSource(environments, saltenv, url) });
}

/** "did you mean" for an address that is not there, or another environment that has it. */
export async function nearestSource(
  environments: Environments,
  saltenv: string,
  url: string,
): Promise<string | undefined> {
  const { path, environment = saltenv } = addressOf(url);
  const tree = await environments.tree(environment);
  if (!tree) return unknownEnvironment(environments, environment);
  const near = nearest(path, await tree.list(''));
  if (near !== undefined)
    return didYouMean(`salt://${near}${environment === saltenv ? '' : `?saltenv=${environment}`}`);
  return elsewhere(environments, environment, (other) => other.has(path));
}

/** A hint at the environments that have what the one that was asked has not. */
export async function elsewhere(
  environments: Environments,
  environment: string,
  has: (tree: Tree) => Later<boolean>,
): Promise<string | undefined> {
  const others: string[] = [];
  for (const name of environments.names) {
    const tree = name === environment ? undefined : await environments.tree(name);
    if (tree && (await has(tree))) others.push(name);
  }
  return others.length === 0 ? undefined : `it is in the environment ${others.join(', ')}, not in ${environment}`;
}

/** "did you mean" for an environment that is not there, or those that are. */
export function nearestEnvironment({ names }: Environments, environment: string): string {
  const known = names.length === 0 ? 'there are no environments' : `there are ${names.join(', ')}`;
  return didYouMean(nearest(environment, names)) ?? known;
}

/** The same where nothing else says that it is not there. */
export function unknownEnvironment(environments: Environments, environment: string): string {
  return `there is no environment '${environment}'; ${nearestEnvironment(environments, environment)}`;
}
