import { sleep, type Clock } from '../../lib/clock.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText } from '../../lib/json.ts';
import type { RunnerTable } from './runner.ts';

const LONGEST_SECONDS = 3600;

/** Salt's runner `test`, for trying how runners are called. */
export function testRunners(clock: Clock): RunnerTable {
  return {
    'test.arg': {
      summary: 'gives back what it was given: `args` a list, `kwargs` a map',
      takes: [],
      anything: true,
      run: ({ args = [], kwargs = {} }) => ({ args, kwargs }),
    },
    'test.sleep': {
      summary: 'waits for so many seconds, at most an hour, and gives true',
      takes: ['s_time'],
      run: async ({ s_time = 1 }) => {
        const seconds = Number(s_time);
        if (!(seconds >= 0 && seconds <= LONGEST_SECONDS))
          throw runnerErrors.badArgument({
            name: 's_time',
            expected: 'a number of seconds up to 3600',
            given: asText(s_time),
          });
        await sleep(clock, seconds * 1000);
        return true;
      },
    },
  };
}
