import type { Json } from '../../lib/json.ts';
import type { MasterSchedule } from '../schedule.ts';
import type { RunnerTable } from './runner.ts';

/** What the master does by the clock. */
export function scheduleRunners(schedule: () => Pick<MasterSchedule, 'list'>): RunnerTable {
  return {
    'schedule.list': {
      summary: "the jobs of the master's schedule: when each runs next, and what its runs came to",
      takes: [],
      run: () => schedule().list().map(shown),
    },
  };
}

/** With times as people read them. */
function shown({ next, lastRun, lastSkip, ...rest }: ReturnType<MasterSchedule['list']>[number]): Json {
  return {
    ...rest,
    next: time(next),
    last_run: time(lastRun),
    last_skip: lastSkip === undefined ? null : { reason: lastSkip.reason, at: time(lastSkip.at) },
  };
}

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
