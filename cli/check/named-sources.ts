import type { PlaceOf } from '../../lib/config/check.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { readySources } from '../../pillar/external.ts';
import { builtinExtPillars } from '../../pillar/external/registry.ts';

/** Sources of pillar that there are none of, or that do not take what stands beside them. */
export async function sourceMistakes(
  { ext_pillar: sources = [] }: Partial<Pick<MasterConfig, 'ext_pillar'>>,
  file: string,
  placeOf: PlaceOf,
): Promise<TsaltError[]> {
  const errors: TsaltError[] = [];
  for (const [index, one] of sources.entries()) {
    // Those of git are looked at with the config itself, which knows their lines.
    if (one.name === 'git') continue;
    const own: TsaltError[] = [];
    await readySources([one], builtinExtPillars, own);
    const place = placeOf(['ext_pillar', index, one.name], true) ?? { file, line: 1, column: 1 };
    errors.push(...own.map(({ code, sentence, hint }) => new TsaltError(code, sentence, { place, hint })));
  }
  return errors;
}
