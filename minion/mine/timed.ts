import type { MinionConfig } from '../../lib/config/options.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { mineFunctionsOf } from '../../lib/mine/definitions.ts';

export type MineConfig = Pick<MinionConfig, 'mine_enabled' | 'mine_functions' | 'mine_interval' | 'mine_return_job'>;

/** The job that tells the mine anew by time, in the schedule's words and by Salt's name; none where there is nothing to tell. */
export function mineJobs(config: MineConfig, pillar: JsonMap): JsonMap {
  const { mine_enabled, mine_interval: minutes, mine_return_job: return_job } = config;
  const functions = mineFunctionsOf(pillar, config);
  const isEmpty = isMap(functions) && Object.keys(functions).length === 0;
  if (!mine_enabled || isEmpty) return {};
  return { __mine_interval: { function: 'mine.update', minutes, run_on_start: true, return_job } };
}
