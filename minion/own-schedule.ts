import type { MinionSchedule, SeenSchedule } from '../lib/contracts/execution.ts';
import { asText, type JsonMap } from '../lib/json.ts';
import type { Ask } from './fetched-files.ts';
import type { Timetable } from './timetable.ts';

/*
 * What functions of `schedule` ask the minion that runs here, on the way of the questions to the master (as in
 * `own-questions.ts`).
 */

const LOOK = 'minion.schedule';
const RUN = 'minion.run_scheduled';
const OVERRIDE = 'minion.override_schedule';
const SAVED = 'minion.saved_schedule';

/** The minion's answer; undefined when the question is another one. `reread` takes what the config's files say now. */
export function scheduleAnswer(
  timetable: Timetable,
  reread: () => void,
  question: string,
  body: JsonMap,
): JsonMap | undefined {
  const name = asText(body.name);
  switch (question) {
    case LOOK:
      // It is made of data.
      return timetable.seen() as unknown as JsonMap;
    case RUN:
      return { ran: timetable.runNow(name) };
    case OVERRIDE:
      timetable.override(name, body.entry);
      return {};
    case SAVED:
      reread();
      for (const saved of Array.isArray(body.names) ? body.names : []) timetable.override(asText(saved), undefined);
      return {};
    default:
      return undefined;
  }
}

/** The minion's schedule, for who can ask it. */
export function scheduleThrough(ask: Ask): MinionSchedule {
  return {
    // It is what `scheduleAnswer` gives, of the same version.
    look: async () => (await ask(LOOK, {})) as unknown as SeenSchedule,
    async runNow(name) {
      const { ran } = await ask(RUN, { name });
      return ran === true;
    },
    async override(name, entry) {
      await ask(OVERRIDE, { name, entry });
    },
    async saved(names) {
      await ask(SAVED, { names: [...names] });
    },
  };
}
