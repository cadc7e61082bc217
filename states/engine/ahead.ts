import { addressOf, isAddress } from './address.ts';
import type { Chunk } from './chunk.ts';
import type { Environments } from './environments.ts';

/**
 * Has the files of the tree that states will read come before their turn, many with one question, where the tree is
 * elsewhere. What goes wrong is told by the state that reads the file.
 */
export function fetchAhead(chunks: readonly Chunk[], environments: Environments): void {
  for (const { state, args, saltenv } of chunks) {
    for (const url of state.needs?.(args as never) ?? []) {
      if (!isAddress(url)) continue;
      const { path, environment = saltenv } = addressOf(url);
      const tree = environments.tree(environment);
      // It is here: that it has the file was checked.
      if (tree && !(tree instanceof Promise)) tree.ahead?.(path);
    }
  }
}
