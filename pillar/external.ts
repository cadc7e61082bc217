import * as v from 'valibot';
import type { ExtPillar, ExtPillarContext, ExtPillarRegistry } from '../lib/contracts/ext-pillar.ts';
import { didYouMean, messageOf, TsaltError } from '../lib/errors/error.ts';
import { pillarErrors } from '../lib/errors/pillar.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import type { PillarSettings } from '../lib/pillar-settings.ts';
import { nearest } from '../lib/nearest.ts';
import { formatPlace } from '../lib/place.ts';
import { mergePillar, type Merging } from './merge.ts';

/** `ext_pillar` of a config: sources by name, each with what stands beside it. */
export type ExternalSources = PillarSettings['ext_pillar'];

/** What sources work with. */
export type ExternalParts = Pick<ExtPillarContext, 'processes' | 'downloads' | 'remainingMs' | 'git'>;

/** A source that is ready to be asked. */
interface Ready {
  readonly name: string;
  readonly source: ExtPillar;
  readonly args: unknown;
}

/** The pillar with what its sources say laid over it, one after the other. Mistakes are added to `errors`. */
export async function withExternal(
  pillar: JsonMap,
  sources: ExternalSources,
  registry: ExtPillarRegistry,
  context: Omit<ExtPillarContext, 'pillar'>,
  merging: Merging,
  errors: TsaltError[],
): Promise<JsonMap> {
  let whole = pillar;
  for (const { name, source, args } of await readySources(sources, registry, errors)) {
    if (context.remainingMs() <= 0) {
      errors.push(pillarErrors.noTime({ name }));
      break;
    }
    try {
      const part: unknown = await source.read(args, { ...context, pillar: whole });
      if (isMap(part)) whole = mergePillar(whole, part as JsonMap, merging);
    } catch (thrown) {
      // A line of what was read may be secret; where it is, is not.
      const { sentence, place }: Pick<TsaltError, 'sentence' | 'place'> =
        thrown instanceof TsaltError ? thrown : { sentence: messageOf(thrown), place: undefined };
      const reason = place ? `${formatPlace(place)}: ${sentence}` : sentence;
      errors.push(pillarErrors.failed({ name, reason }, { cause: thrown }));
    }
  }
  return whole;
}

/** The sources that a config names, with their arguments checked. Mistakes are added to `errors`. */
export async function readySources(
  sources: ExternalSources,
  registry: ExtPillarRegistry,
  errors: TsaltError[],
): Promise<Ready[]> {
  const ready: Ready[] = [];
  for (const { name, args } of sources) {
    if (!registry.names.includes(name)) {
      const near = didYouMean(nearest(name, registry.names)) ?? `there are ${registry.names.join(', ')}`;
      errors.push(pillarErrors.noExtPillar({ name }, { hint: near }));
      continue;
    }
    const source = await registry.load(name);
    const parsed = v.safeParse(source.args, args);
    if (parsed.success) {
      ready.push({ name, source, args: parsed.output });
      continue;
    }
    for (const { message, path } of parsed.issues) {
      const where = path?.map(({ key }) => String(key)).join('.') ?? '';
      errors.push(pillarErrors.badArguments({ name, complaint: where === '' ? message : `'${where}': ${message}` }));
    }
  }
  return ready;
}
