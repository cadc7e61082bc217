import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { startTimetable, type TimetableOptions } from '../../minion/timetable.ts';
import { fakeClock } from '../kit/clock.ts';

/** A minion's timetable, on a clock of its own, and what it runs. */
function setUp(more: Partial<TimetableOptions['config']> = {}) {
  const clock = fakeClock();
  const ran: string[] = [];
  const config = {
    id: 'm1',
    collectors: false as const,
    schedule: {},
    mine_enabled: true,
    mine_functions: {},
    mine_interval: 60,
    mine_return_job: false,
    ...more,
  };
  const made = startTimetable({
    config,
    grains: () => ({}),
    clock,
    log: silent,
    run: async ({ fun }) => {
      ran.push(`${clock.monotonic() / 60_000} ${fun}`);
      return { return: true, success: true, retcode: 0, out: 'nested' };
    },
    sendReturn: async () => {},
    sendEvent: async () => true,
  });
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      clock.advance(60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ran, pass, timetable: made };
}

const pillar: JsonMap = { mine_functions: { 'test.ping': [] } };

test('mine by time: is told when the pillar is there, and every hour from then on', async (t) => {
  const { ran, pass, timetable } = setUp();
  await pass(10);
  t.deepEqual(ran, []);
  timetable.pillar(pillar);
  await pass(61);
  timetable.pillar({ ...pillar, other: true });
  await pass(60);
  t.deepEqual(ran, ['10 mine.update', '70 mine.update', '130 mine.update']);
});

test('mine by time: a pillar that can not be had keeps nothing of the config back; nothing to tell, nothing is run', async (t) => {
  const mine_functions = pillar['mine_functions'] as JsonMap;
  const configured = setUp({ mine_functions, mine_interval: 5 });
  await configured.pass(1);
  t.deepEqual(configured.ran, [], 'there is no master yet');
  configured.timetable.accepted();
  configured.timetable.accepted();
  await configured.pass(6);
  t.deepEqual(configured.ran, ['1 mine.update', '6 mine.update']);
  configured.timetable.pillar({});
  await configured.pass(5);
  t.is(configured.ran.length, 3);

  for (const more of [{}, { mine_functions, mine_enabled: false }]) {
    const { ran, pass, timetable } = setUp(more);
    timetable.accepted();
    timetable.pillar({});
    await pass(120);
    t.deepEqual(ran, []);
  }
});
