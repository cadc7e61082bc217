import type { MinionConfig } from '../lib/config/options.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import { isForOneRun, type PillarRequest } from '../lib/pillar-settings.ts';

/** How a master is asked for pillar: by the minion's config, and what one run of it wants besides. */
export function pillarQuestion(config: MinionConfig, grains: JsonMap, request: PillarRequest = {}): JsonMap {
  const { override = {}, saltenv = config.saltenv, pillarenv = config.pillarenv } = request;
  return {
    grains,
    override,
    ...(saltenv !== undefined && { saltenv }),
    ...(pillarenv !== undefined && { pillarenv }),
    ...(isForOneRun(request) && { for_one_run: true }),
  };
}

/** What a master's answer says is secret in the pillar. */
export function secretsOf(told: Json | undefined): string[] {
  return Array.isArray(told) ? told.filter((one) => typeof one === 'string') : [];
}
