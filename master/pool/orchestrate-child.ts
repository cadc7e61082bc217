import { systemClock } from '../../lib/clock.ts';
import type { Json } from '../../lib/json.ts';
import { compileOrchestration, type StandInWork } from '../orchestrate/run-states.ts';
import { serve } from './serve.ts';

/*
 * The program of an orchestration's process: answers `compile` of a `StandInWork` with the mistakes in it, or null; then
 * `run` with what came of the states. It asks the master for `targets`, and to `rehearse` and `perform`.
 */

let run: (() => Promise<Json>) | undefined;

const master = serve(async (what, of) => {
  if (what === 'compile') {
    // Written by the master's own process.
    const compiled = await compileOrchestration(
      of as unknown as StandInWork,
      (asked, part) => master.ask(asked, part),
      systemClock,
    );
    if ('errors' in compiled) return compiled.errors;
    ({ run } = compiled);
    return null;
  }
  if (what === 'run' && run) return run();
  throw new RangeError(`not done here: ${what}`);
});
