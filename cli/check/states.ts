import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { nearest } from '../../lib/nearest.ts';
import { compileSls, type CompileOptions } from '../../states/engine/compile.ts';
import { topFiles } from '../../states/engine/top.ts';
import { slsName } from '../../states/engine/tree.ts';
import type { Checked } from '../check.ts';

/**
 * All that is wrong with the state files of a tree (or with one, and what it includes). Each file is compiled by itself,
 * for two that never meet on a minion may use the same id; a requisite may point into any file of the tree.
 */
export async function checkStates(only: string | undefined, options: CompileOptions): Promise<Checked> {
  const { tree, context, nodegroups } = options;
  const found: TsaltError[] = [];
  const names =
    only === undefined
      ? (await tree.list('')).map(slsName).filter((name) => name !== undefined && name !== 'top')
      : [only];
  const { id, grains, pillar } = context;
  const meant = await topFiles(tree, context, { id, grains, pillar }, found, {
    ...(nodegroups && { nodegroups }),
    everybody: true,
  });
  if (only === undefined) {
    const known = names.filter((name) => name !== undefined);
    for (const { name, place } of meant ?? []) {
      if (name.includes('*') || known.includes(name)) continue;
      found.push(stateErrors.noSls({ sls: name }, { place: place?.(), hint: didYouMean(nearest(name, known)) }));
    }
  }
  const lost: TsaltError[] = [];
  for (const name of names) {
    if (name === undefined) continue;
    const { errors } = await compileSls([name], options);
    for (const error of errors) (error.code === 'TS_STATE_NO_TARGET' ? lost : found).push(error);
  }
  if (lost.length > 0) {
    const { errors } = await compileSls(
      names.filter((name) => name !== undefined),
      options,
    );
    const nowhere = new Set(errors.map(({ message }) => message));
    found.push(...lost.filter(({ message }) => nowhere.has(message)));
  }
  const errors = [...new Map(found.map((error) => [error.message, error])).values()];
  return { kind: 'state files', files: names.length, errors };
}
