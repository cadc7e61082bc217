import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { controlArgs, controlStep, isUp, matching, readStatus, reportControl } from './control.ts';

export default defineState({
  summary: 'A program of supervisord does not run.',
  example: `
app:
  supervisord.dead: []
`,
  args: v.strictObject(controlArgs),
  reads: ['files', 'services'],
  read: readStatus,
  plan(given, facts) {
    const { name } = given;
    if (facts.problem !== undefined) return impossible(facts.problem);
    const found = matching(facts, name);
    if (found.length === 0) return alreadyRight(`Service ${name} doesn't exist`);
    const up = found.filter((one) => isUp(one) || one.state === 'BACKOFF').map((one) => one.name);
    if (up.length === 0) return alreadyRight(`Service ${name} is not running`);
    return {
      changes: { [name]: `Stopping service: ${name}` },
      comment: `Service ${name} is set to be stopped`,
      done: `Stopping service: ${name}`,
      steps: [controlStep(given, facts, 'STOPPED', up, 'stop', name)],
    };
  },
  report: reportControl,
});
