import { TsaltError } from '../../lib/errors/error.ts';
import type { GitForPillar } from '../../lib/git/pillar-remotes.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { PillarSettings } from '../../lib/pillar-settings.ts';
import { placeWithoutLine } from '../../lib/place.ts';
import { compilePillar, type Pillar } from '../../pillar/compile.ts';
import { outsideWorld } from '../../pillar/outside.ts';
import { openerOf } from '../../wire/sealed/keys.ts';

/** One minion's pillar, to be compiled. */
export interface PillarWork extends JsonMap {
  id: string;
  grains: JsonMap;
  /** What the minion asks for: see `PillarRequest`. */
  request: JsonMap;
  /** `pillar_roots` */
  roots: Record<string, string[]>;
  settings: JsonMap;
  /** What templates see as `opts`. */
  opts: JsonMap;
  /** `pki_dir`: where the keys are that open what is sealed. */
  keys: string;
  /** A `GitForPillar`. */
  git: JsonMap;
}

/** A minion's pillar, the values in it that are marked as secrets, and the files that it is from, by environment. */
export type MadePillar = Pick<Pillar, 'pillar' | 'secrets' | 'top'>;

/** Compiles a pillar. Raises the first mistake in the tree, `TS_STATE_...`, without the line it is in: that may hold a secret, and goes to minions and logs. */
export async function renderPillar(work: Record<string, unknown>): Promise<MadePillar> {
  // Written by the master's own `pillarCompiler`, over a channel between its processes.
  const { id, grains, request, roots, opts, settings, keys, git } = work as PillarWork;
  const context = { id, grains, opts };
  const made = settings as unknown as PillarSettings;
  const parts = { ...outsideWorld(), opener: async () => openerOf([keys]), git: git as unknown as GitForPillar };
  const { pillar, errors, secrets, top } = await compilePillar(roots, context, made, parts, request);
  if (errors[0]) throw withoutLine(errors[0]);
  return { pillar, secrets, top };
}

function withoutLine({ code, sentence, place, hint }: TsaltError): TsaltError {
  if (!place) return new TsaltError(code, sentence, { hint });
  return new TsaltError(code, sentence, {
    place: placeWithoutLine(place),
    hint: hint ?? "'tsalt check' on the master shows the line",
  });
}
