import path from 'node:path';
import type { PlaceOf } from '../../lib/config/check.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { nearest } from '../../lib/nearest.ts';
import { builtinReactors } from '../../reactors/registry.ts';
import { nearestBeside } from '../nearest-file.ts';
import { isHere } from './is-here.ts';

/** Reactors that are named and not there. */
export function reactorMistakes(
  { reactor = [], reactor_dir: directory = '' }: Partial<Pick<MasterConfig, 'reactor' | 'reactor_dir'>>,
  config: string,
  placeOf: PlaceOf,
): TsaltError[] {
  const named = reactor.flatMap(({ tag, files }, index) =>
    files.map((file, at) => ({ file, path: ['reactor', index, tag, at] })),
  );
  return named.flatMap(({ file, path: way }) => {
    // One file alone stands without a list.
    const place = placeOf(way) ?? placeOf(way.slice(0, -1)) ?? { file: config, line: 1, column: 1 };
    const [, builtin] = /^builtin:(.*)$/.exec(file) ?? [];
    if (builtin !== undefined) {
      if (builtinReactors.names.includes(builtin)) return [];
      const hint = didYouMean(nearest(builtin, builtinReactors.names));
      return [reactorErrors.unknownBuiltin({ name: builtin }, { place, hint })];
    }
    if (!/\.(?:sls|[cm]?[jt]s)$/.test(file)) return [reactorErrors.unknownKind({ file }, { place })];
    const wanted = path.resolve(directory, file);
    if (isHere(wanted)) return [];
    const why = path.isAbsolute(file) ? 'it is not there' : `it is not in ${directory}`;
    const near = nearestBeside(wanted);
    const hint = didYouMean(near && path.join(path.dirname(file), near));
    return [reactorErrors.unreadableFile({ file, why }, { place, hint })];
  });
}
