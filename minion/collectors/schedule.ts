import type { JsonMap } from '../../lib/json.ts';
import { builtinCollectors } from './registry.ts';

/**
 * The jobs that the minion's option `collectors` stands for: every collector at that interval (`true`: 10 s), its sample
 * sent as a `collector/result` event. They are ordinary scheduled jobs: a schedule in pillar or config that has one of
 * the same name (`collect_load`, ...) takes its place.
 */
export function collectorJobs(collectors: boolean | number): JsonMap {
  if (collectors === false || collectors === 0) return {};
  const seconds = collectors === true ? 10 : collectors;
  return Object.fromEntries(
    builtinCollectors.names.map((name) => [
      `collect_${name}`,
      {
        function: `collector.${name}`,
        seconds,
        // Minions that were started together don't send together.
        splay: Math.floor(seconds),
        run_on_start: true,
        return_job: false,
        event: 'collector/result',
      },
    ]),
  );
}
