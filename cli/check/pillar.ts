import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isPattern } from '../../lib/fnmatch.ts';
import { nearest } from '../../lib/nearest.ts';
import { formatPlace } from '../../lib/place.ts';
import { createRedactor } from '../../lib/secrets/redactor.ts';
import { pillarFiles } from '../../pillar/files.ts';
import type { MarkedSecrets } from '../../pillar/secrets.ts';
import type { Environments } from '../../states/engine/environments.ts';
import type { RenderContext } from '../../states/engine/render.ts';
import { topFiles, type TopOptions } from '../../states/engine/top.ts';
import { slsName, slsPaths } from '../../states/engine/tree.ts';
import type { Checked } from '../check.ts';

/**
 * All that is wrong with the pillar files of an environment (or with `only` one of them), whosever they are. What others
 * include is read with them, for they may hand it names that it has not by itself; files that nobody names or includes have
 * a turn of their own.
 */
export async function checkPillar(
  only: string | undefined,
  environments: Environments,
  context: RenderContext,
  tops: TopOptions,
  secrets: MarkedSecrets,
): Promise<Checked> {
  const { saltenv, id, grains, pillar } = context;
  const tree = await environments.tree(saltenv);
  const all = ((await tree?.list('')) ?? []).map(slsName).filter((name) => name !== undefined && name !== 'top');
  const known = all.filter((name) => name !== undefined);
  const errors: TsaltError[] = [];
  const options = { ...tops, strategy: 'each', saltenv, everybody: true } as const;
  const meant = (await topFiles(environments, context, { id, grains, pillar }, errors, options)) ?? [];
  const merging = { strategy: 'smart', lists: false } as const;
  const reading = { ...context, secret: async () => secrets.read };
  const reader = pillarFiles(environments, reading, merging, false, errors);
  for (const { name, place, isOptional } of meant) {
    if (known.includes(name)) await reader.read({ name });
    else if (!isPattern(name) && isOptional !== true) {
      const hint = didYouMean(nearest(name, known));
      errors.push(stateErrors.noSls({ sls: name, kind: 'pillar' }, { place: place?.(), hint }));
    }
  }
  const isComplete = errors.length === 0;
  const others: TsaltError[] = [];
  const apart = pillarFiles(environments, reading, merging, false, others);
  for (const name of known) if (!reader.isRead(name, saltenv)) await apart.read({ name });
  // What could not be read may be what hands them names.
  errors.push(...others.filter(({ code }) => isComplete || code !== 'TS_TEMPLATE_UNDEFINED_NAME'));
  const asked = only === undefined ? undefined : slsPaths(only).map((file) => tree?.shown(file));
  const own = asked ? errors.filter(({ place }) => asked.includes(place?.file)) : errors;
  const hidden = createRedactor([...secrets.values]);
  const once = [...new Map(own.map((one) => [one.message, hidden.error(one)])).values()];
  const open = secrets.unsealed.filter(({ file }) => !asked || asked.includes(file)).map(formatPlace);
  const notes = [...new Set(open)].map(
    (place) => `${place}: this secret can be read by whoever reads the file: 'tsalt pillar encrypt' seals it`,
  );
  return { kind: 'pillar tree', files: asked ? 1 : known.length + 1, errors: once, notes };
}
