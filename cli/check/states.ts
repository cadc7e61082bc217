import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isPattern } from '../../lib/fnmatch.ts';
import { nearest } from '../../lib/nearest.ts';
import { compileSls, type CompileOptions } from '../../states/engine/compile.ts';
import { reshapesOthers } from '../../states/engine/reshape.ts';
import { loadSlsFiles, type Sls } from '../../states/engine/sls.ts';
import { topFiles } from '../../states/engine/top.ts';
import { hasSls, slsName } from '../../states/engine/tree.ts';
import { jinjaFiles } from './jinja.ts';
import { orchestratedMistakes } from './functions.ts';
import { asksMaster } from './master-functions.ts';
import type { Checked } from '../check.ts';

/**
 * All that is wrong with the state files of a tree (or with one, and what it includes). Files that nobody includes are
 * compiled each by itself, for two that never meet on a minion may use the same id; a requisite may point into any file of
 * the tree.
 */
export async function checkStates(only: string | undefined, options: CompileOptions): Promise<Checked> {
  const { environments, context, tops } = options;
  const tree = await environments.tree(context.saltenv);
  const found: TsaltError[] = [];
  const isTop = only === 'top';
  const listed = only === undefined || isTop ? ((await tree?.list('')) ?? []).map(slsName) : [only];
  const known = listed.filter((name) => name !== undefined).filter((name) => name !== 'top');
  // The top file names state files, and is none.
  const names = isTop ? [] : known;
  const { saltenv } = context;
  const { id, grains, pillar } = context;
  const meant = await topFiles(environments, context, { id, grains, pillar }, found, {
    ...tops,
    // Of trees that no config names there is one: what is said of others is not looked at.
    saltenv: environments.names.length > 1 ? undefined : saltenv,
    everybody: true,
  });
  if (only === undefined || isTop) {
    for (const { name, place, saltenv: own = saltenv } of meant ?? []) {
      if (isPattern(name) || (own === saltenv && known.includes(name))) continue;
      const other = await environments.tree(own);
      if (other && own !== saltenv && (await hasSls(other, name))) continue;
      const hint = own === saltenv ? didYouMean(nearest(name, known)) : `it is to be in the environment ${own}`;
      found.push(stateErrors.noSls({ sls: name }, { place: place?.(), hint }));
    }
  }
  const compiling: CompileOptions = { ...options, read: new Map() };
  const lost: TsaltError[] = [];
  for (const name of await apart(names, compiling)) {
    const { errors, chunks } = await compileSls([name], compiling);
    found.push(...(await orchestratedMistakes(chunks)));
    for (const error of errors) (error.code === 'TS_STATE_NO_TARGET' ? lost : found).push(error);
  }
  if (lost.length > 0) {
    const { errors } = await compileSls(names, compiling);
    const nowhere = new Set(errors.map(({ message }) => message));
    found.push(...lost.filter(({ message }) => nowhere.has(message)));
  }
  if (only === undefined && found.some(({ code }) => code === 'TS_TEMPLATE_JINJA') && tree)
    found.push(...(await jinjaFiles(tree)));
  const mistakes = found.filter((error) => !asksMaster(error));
  const errors = [...new Map(mistakes.map((error) => [error.message, error])).values()];
  return { kind: 'state files', files: isTop ? 1 : names.length, errors };
}

/**
 * The files that have to be compiled by themselves for all mistakes to be found. What a file includes is compiled with it;
 * where one can't be read, or changes states of others, that may hide mistakes, and each has its turn.
 */
async function apart(
  names: readonly string[],
  { environments, context, read }: CompileOptions,
): Promise<readonly string[]> {
  const errors: TsaltError[] = [];
  const wanted = names.map((name) => ({ name }));
  const files = await loadSlsFiles(wanted, environments, context, errors, read);
  if (errors.length > 0 || files.some(reshapesOthers)) return names;
  const covered = new Set<string>();
  const cover = (name: string): void => {
    if (covered.has(name)) return;
    covered.add(name);
    for (const file of files) if (file.includedFrom.has(name)) cover(file.name);
  };
  // Those that nobody includes first; what is left then includes itself in a circle.
  const isIncluded = ({ name, includedFrom }: Sls): boolean => [...includedFrom].some((other) => other !== name);
  const inTurn = [...files.filter((file) => !isIncluded(file)), ...files.filter(isIncluded)];
  return inTurn.flatMap(({ name }) => {
    if (covered.has(name)) return [];
    cover(name);
    return [name];
  });
}
