import { BASE } from '../lib/environments.ts';
import type { TreeManifest } from '../lib/file-tree.ts';
import type { Environments } from '../states/engine/environments.ts';
import type { Tree } from '../states/engine/tree.ts';
import { treeOfManifest, type RemoteTree } from './remote-tree.ts';

export interface RemoteEnvironments extends Environments {
  /** Fetches what is in an environment, so that its tree is there at once. What goes wrong is raised by what uses the tree. */
  fetch(environment: string): Promise<void>;
}

/** The trees of a master: what is in one is asked for when the first file of it is. */
export function remoteEnvironments(files: RemoteTree, names: () => readonly string[]): RemoteEnvironments {
  const trees = new Map<string, Tree | undefined | Promise<Tree | undefined>>();

  const treeOf = (environment: string, manifest: () => TreeManifest): Tree => ({
    ...treeOfManifest(manifest, files),
    // Several may have a file of that name.
    shown: (path) => `salt://${path}${environment === BASE ? '' : `?saltenv=${environment}`}`,
  });

  function tree(environment: string): Tree | undefined | Promise<Tree | undefined> {
    if (trees.has(environment)) return trees.get(environment);
    const fetching = files.manifest(environment).then(
      (manifest) => keep(environment, manifest && treeOf(environment, () => manifest)),
      (thrown: unknown) =>
        keep(
          environment,
          treeOf(environment, () => {
            throw thrown;
          }),
        ),
    );
    trees.set(environment, fetching);
    return fetching;
  }

  function keep(environment: string, found: Tree | undefined): Tree | undefined {
    trees.set(environment, found);
    return found;
  }

  return {
    get names() {
      return names();
    },
    tree,
    async fetch(environment) {
      await tree(environment);
    },
  };
}
