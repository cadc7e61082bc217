import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { planBoot } from './boot.ts';
import { checkUnit, readUnit } from './facts.ts';

export default defineState({
  summary: 'A service does not run; `enable` says whether it starts with the machine all the same.',
  example: `
telnetd:
  service.dead:
    - enable: false
`,
  args: v.strictObject({
    name: v.string(),
    enable: v.optional(v.boolean()),
    /** It counts as running when some process has this in its command line. */
    sig: v.optional(v.pipe(v.string(), v.minLength(1))),
    /** Seconds to wait after the stop before looking whether it has ended. */
    init_delay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3600))),
  }),
  reads: ['services', 'files'],
  check: checkUnit,
  read: readUnit,

  plan({ name, enable, init_delay: delay }, facts): Plan {
    if (facts.unavailable !== undefined) return impossible(`Services can't be managed here: ${facts.unavailable}`);
    // What does not exist can't run.
    if (!facts.exists) return alreadyRight(`The named service ${name} is not available`);
    const boot = enable === undefined ? undefined : planBoot(name, enable, facts);
    if (!facts.running) {
      if (boot && (boot.steps.length > 0 || boot.impossible === true)) return boot;
      return alreadyRight([`The service ${name} is already dead`, ...reason(facts.notRunning)].join(': '));
    }
    if (boot?.impossible === true) return boot;
    const toggles = boot !== undefined && boot.steps.length > 0;
    return {
      changes: { [name]: toggles },
      comment: `Service ${name} is set to be killed`,
      done: stopped(name, enable, toggles),
      steps: [{ do: 'service', unit: name, action: 'stop', delayMs: delay && delay * 1000 }, ...(boot?.steps ?? [])],
    };
  },

  refresh({ name }, facts): Plan {
    if (!facts.running) return alreadyRight('Service is already stopped');
    return {
      changes: { [name]: true },
      comment: 'Service is set to be stopped',
      done: 'Service stopped',
      steps: [{ do: 'service', unit: name, action: 'stop' }],
    };
  },
});

const reason = (notRunning: string | undefined): string[] => (notRunning === undefined ? [] : [notRunning]);

function stopped(name: string, enable: boolean | undefined, toggles: boolean): string {
  if (enable === undefined) return `Service ${name} was killed`;
  return `Service ${name} ${toggles ? 'has been' : 'is already'} ${enable ? 'enabled' : 'disabled'}, and is dead`;
}
