import { statSync } from 'node:fs';
import path from 'node:path';
import type { PlaceOf } from '../../lib/config/check.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import { ANY } from '../../lib/environments.ts';
import { configErrors } from '../../lib/errors/config.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { backendsOf } from '../../lib/git/backends.ts';
import { nearest } from '../../lib/nearest.ts';
import { namesIn } from '../../lib/system/names-in.ts';

type Rooted = Partial<Pick<MasterConfig, 'file_roots' | 'pillar_roots' | 'fileserver_backend'>>;

/**
 * Directories of `file_roots` and `pillar_roots` that a config file names and that are not there: the tree is as if it were
 * empty. Where a directory has `__env__` in its name, nobody can tell.
 */
export function missingRoots(config: Rooted, placeOf: PlaceOf): TsaltError[] {
  const { fileserver_backend: backends = ['roots'] } = config;
  const options = backendsOf(backends).includes('roots')
    ? (['file_roots', 'pillar_roots'] as const)
    : (['pillar_roots'] as const);
  return options.flatMap((option) =>
    Object.entries(config[option] ?? {}).flatMap(([environment, directories]) =>
      directories.flatMap((directory, index) => {
        const way = [option, environment];
        // One directory alone stands without a list.
        const place = placeOf([...way, index]) ?? placeOf(way);
        if (!place || directory.includes(ANY) || isDirectory(directory)) return [];
        return [configErrors.noRoot({ option, environment, directory }, { place, hint: nearestTo(directory) })];
      }),
    ),
  );
}

function nearestTo(directory: string): string {
  const wanted = path.resolve(directory);
  let at = path.dirname(wanted);
  while (!isDirectory(at) && at !== path.dirname(at)) at = path.dirname(at);
  const [first = '', ...rest] = path.relative(at, wanted).split(path.sep);
  const near = nearest(first, namesIn(at));
  const meant = near === undefined ? undefined : path.join(at, near, ...rest);
  return didYouMean(meant !== undefined && isDirectory(meant) ? meant : undefined) ?? `of its path there is ${at}`;
}

function isDirectory(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch (thrown) {
    // Behind a door that is shut to whoever checks it may be there.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES';
  }
}
