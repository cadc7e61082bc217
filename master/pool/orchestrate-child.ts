import { systemClock } from '../../lib/clock.ts';
import { secretErrors } from '../../lib/errors/secrets.ts';
import type { Json } from '../../lib/json.ts';
import { createRedactor } from '../../lib/secrets/redactor.ts';
import { compileOrchestration, showOrchestration, type StandInWork } from '../orchestrate/run-states.ts';
import { serve } from '../../lib/system/child/serve.ts';

/*
 * The program of an orchestration's process: answers `compile` of a `StandInWork` with the mistakes in it, or null; then
 * `run` with what came of the states; or `show` with the states. It asks the master for `targets`, to `read` what it knows, and
 * to `rehearse` and `perform`.
 */

let run: (() => Promise<Json>) | undefined;
const secrets = createRedactor();

/** What the master is asked is kept with its jobs: a secret of pillar must not be in it. */
async function ask(what: string, of: Json): Promise<Json> {
  if (secrets.isIn(of)) {
    const hint = 'name it in the pillar of the minions that need it, and let their states read it there';
    throw secretErrors.inJob(undefined, { hint });
  }
  return master.ask(what, of);
}

const master = serve(async (what, of) => {
  try {
    return secrets.data(await answer(what, of));
  } catch (thrown) {
    throw secrets.error(thrown);
  }
});

async function answer(what: string, of: Json): Promise<Json> {
  if (what === 'compile' || what === 'show') {
    // Written by the master's own process.
    const work = of as unknown as StandInWork;
    secrets.learn(work.secrets);
    if (what === 'show') return showOrchestration(work, ask);
    const compiled = await compileOrchestration(work, ask, systemClock);
    if ('errors' in compiled) return compiled.errors;
    ({ run } = compiled);
    return null;
  }
  if (what === 'run' && run) return run();
  throw new RangeError(`not done here: ${what}`);
}
