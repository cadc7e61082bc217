import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { MasterConfig } from '../../lib/config/options.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { nearest } from '../../lib/nearest.ts';
import { placeAt, type Place } from '../../lib/place.ts';
import { readySources } from '../../pillar/external.ts';
import { builtinExtPillars } from '../../pillar/external/registry.ts';
import { builtinReactors } from '../../reactors/registry.ts';

/** What a config names that is to be found elsewhere. */
type Named = Partial<Pick<MasterConfig, 'reactor' | 'reactor_dir' | 'ext_pillar'>>;

/** What a config names and is not there, or does not take what stands beside it. `file` is where it is said. */
export async function namedMistakes(config: Named, file: string): Promise<TsaltError[]> {
  return [...reactorMistakes(config, file), ...(await sourceMistakes(config, file))];
}

/** Sources of pillar. */
async function sourceMistakes({ ext_pillar: sources = [] }: Named, file: string): Promise<TsaltError[]> {
  const errors: TsaltError[] = [];
  for (const one of sources) {
    const own: TsaltError[] = [];
    await readySources([one], builtinExtPillars, own);
    const place = { file, line: 1, column: 1, ...placeOfWord(file, one.name) };
    errors.push(...own.map(({ code, sentence, hint }) => new TsaltError(code, sentence, { place, hint })));
  }
  return errors;
}

/** Reactors that are named and not there. */
function reactorMistakes({ reactor = [], reactor_dir: directory = '' }: Named, config: string): TsaltError[] {
  const named = reactor.flatMap(({ files }) => files);
  return [...new Set(named)].flatMap((file) => {
    const place = { file: config, line: 1, column: 1, ...placeOfWord(config, file) };
    const [, builtin] = /^builtin:(.*)$/.exec(file) ?? [];
    if (builtin !== undefined) {
      if (builtinReactors.names.includes(builtin)) return [];
      const hint = didYouMean(nearest(builtin, builtinReactors.names));
      return [reactorErrors.unknownBuiltin({ name: builtin }, { place, hint })];
    }
    if (!/\.(?:sls|[cm]?[jt]s)$/.test(file)) return [reactorErrors.unknownKind({ file }, { place })];
    const wanted = path.resolve(directory, file);
    // The config of another machine can be checked here, too.
    const isHere = existsSync(wanted) || !existsSync(path.dirname(wanted));
    return isHere ? [] : [reactorErrors.unreadableFile({ file, why: `it is not in ${directory}` }, { place })];
  });
}

/** Where a word first stands in a file; nothing where it is said elsewhere (`master.d`). */
function placeOfWord(file: string, word: string): Place | undefined {
  const text = readFileSync(file, 'utf8');
  const offset = text.indexOf(word);
  return offset < 0 ? undefined : placeAt(file, text, offset);
}
