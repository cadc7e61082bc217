import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { planBoot } from './boot.ts';
import { checkUnit, readUnit, type UnitFacts } from './facts.ts';

export default defineState({
  summary:
    'A service runs; `enable` says whether it also starts with the machine. Watching, it is restarted or reloaded.',
  example: `
nginx:
  service.running:
    - enable: true
    - reload: true
`,
  args: v.strictObject({
    name: v.string(),
    enable: v.optional(v.boolean()),
    /** It counts as running when some process has this in its command line. */
    sig: v.optional(v.pipe(v.string(), v.minLength(1))),
    reload: v.optional(v.boolean()),
    // A restart by systemd is a full one.
    full_restart: v.optional(v.boolean()),
    /** Seconds to wait after a start before looking whether it runs. */
    init_delay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3600))),
    unmask: v.optional(v.boolean()),
  }),
  reads: ['services', 'files'],
  check: checkUnit,
  read: readUnit,

  plan({ name, enable, init_delay: delay, unmask }, facts): Plan {
    const obstacle = whyNot(name, facts);
    if (obstacle) return obstacle;
    const boot =
      enable === undefined ? undefined : planBoot(name, enable, { ...facts, masked: facts.masked && !unmask });
    if (facts.running) {
      if (boot && (boot.steps.length > 0 || boot.impossible === true)) return boot;
      return alreadyRight(`The service ${name} is already running${unmasking(name, unmask, facts)}`);
    }
    if (facts.masked && unmask !== true) return impossible(`Service ${name} is masked: it can't be started`);
    if (boot?.impossible === true) return boot;
    return {
      changes: { [name]: true },
      comment: `Service ${name} is set to start`,
      done:
        started(name, enable, boot) +
        (delay ? `\nDelayed return for ${delay} seconds` : '') +
        unmasking(name, unmask, facts),
      steps: [
        ...(facts.masked ? [{ do: 'service', unit: name, action: 'unmask' } as const] : []),
        { do: 'service', unit: name, action: 'start', delayMs: delay && delay * 1000 },
        ...(boot?.steps ?? []),
      ],
    };
  },

  refresh({ name, reload, init_delay: delay }, facts): Plan {
    const obstacle = whyNot(name, facts);
    if (obstacle) return obstacle;
    const action = facts.running ? (reload === true ? 'reload' : 'restart') : 'start';
    return {
      changes: { [name]: true },
      comment: `Service is set to be ${action}ed`,
      done: `Service ${action}ed`,
      steps: [{ do: 'service', unit: name, action, delayMs: delay && delay * 1000 }],
    };
  },
});

/** What keeps any service of that name from being started. */
function whyNot(name: string, facts: UnitFacts): Plan | undefined {
  if (facts.notRunning !== undefined) return impossible(facts.notRunning);
  if (facts.unavailable !== undefined) return impossible(`Services can't be managed here: ${facts.unavailable}`);
  return facts.exists ? undefined : impossible(`The named service ${name} is not available`);
}

function unmasking(name: string, unmask: boolean | undefined, facts: UnitFacts): string {
  return unmask === true ? `\nService ${name} was ${facts.masked && !facts.running ? '' : 'already '}unmasked` : '';
}

function started(name: string, enable: boolean | undefined, boot: Plan | undefined): string {
  if (enable === undefined || boot === undefined) return `Started service ${name}`;
  const verb = enable ? 'enabled' : 'disabled';
  return `Service ${name} ${boot.steps.length > 0 ? 'has been' : 'is already'} ${verb}, and is running`;
}
