import path from 'node:path';
import { examineConfig } from '../../lib/config/load.ts';
import { isMap } from '../../lib/json.ts';

/** The pillar trees of the master's and the minion's config: `pillar_roots`. What is wrong in a config is not told here. */
export function configuredPillarRoots(source: {
  readonly configDir: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}): readonly string[] {
  const found = (['master', 'minion'] as const).flatMap((daemon) => {
    const roots = examineConfig(daemon, source).config['pillar_roots'];
    return isMap(roots) ? Object.values(roots).flat() : [];
  });
  return found.flatMap((root) => (typeof root === 'string' ? [path.resolve(root)] : []));
}

/** Whether a place is one of these directories, or in one. */
export function isIn(place: string, roots: readonly string[]): boolean {
  return roots.some((root) => place === root || place.startsWith(path.join(root, '/')));
}
