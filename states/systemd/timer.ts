import * as v from 'valibot';
import type { ServiceFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { currentText, folder, readSystemd, reloadSteps, verifySteps, writeSteps, type SystemdFacts } from './files.ts';
import { execLine, oneLine, textOfSections, type Sections } from './unit-text.ts';

const span = v.pipe(v.union([oneLine, v.number()]), v.transform(String));
const calendar = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9*][A-Za-z0-9*,.:/~ _+-]*$/, 'a calendar event, such as daily or Mon 03:00 (systemd.time(7))'),
);

const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9:_][A-Za-z0-9:_.-]*$/, 'the name of a unit without its kind')),
  /** What is run: its words, or text as `ExecStart=` takes it. */
  command: v.union([v.pipe(oneLine, v.minLength(1)), v.pipe(v.array(v.string()), v.minLength(1))]),
  on_calendar: v.optional(v.union([calendar, v.array(calendar)]), []),
  /** Times such as `15min`, after the boot and after its last run. */
  on_boot: v.optional(span),
  on_unit_active: v.optional(span),
  randomized_delay: v.optional(span),
  accuracy: v.optional(span),
  /** What was missed while the machine was off is made up for. */
  persistent: v.optional(v.boolean(), false),
  description: v.optional(oneLine),
  user: v.optional(
    v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.regex(/^[A-Za-z0-9_.-]+$/, 'a user')),
  ),
  group: v.optional(
    v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.regex(/^[A-Za-z0-9_.-]+$/, 'a group')),
  ),
  cwd: v.optional(v.pipe(oneLine, v.startsWith('/', 'an absolute path'))),
  /** Further settings of the service and of the timer, by section. */
  service: v.optional(v.record(v.string(), v.union([oneLine, v.number(), v.boolean(), v.array(oneLine)])), {}),
  timer: v.optional(v.record(v.string(), v.union([oneLine, v.number(), v.boolean(), v.array(oneLine)])), {}),
  /** Whether it runs, also after a boot. */
  enable: v.optional(v.boolean(), true),
});

type Args = v.InferOutput<typeof args>;

interface Facts extends SystemdFacts {
  readonly unavailable: string | undefined;
  readonly service: string | undefined;
  readonly timer: string | undefined;
  readonly unit: ServiceFacts;
  readonly hasFolder: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'A command is run by the clock: a service of systemd and the timer that starts it.',
  example: `
tidy-cache:
  systemd.timer:
    - command: [/usr/bin/find, /var/cache/app, -mtime, '+7', -delete]
    - on_calendar: '*-*-* 03:00'
    - randomized_delay: 10min
    - persistent: true
`,
  args,
  reads: ['files', 'services'],
  check({ command, on_calendar: times, on_boot: boot, on_unit_active: active }) {
    const [program = ''] = [command].flat();
    // systemd takes what stands before a program for an instruction of its own (systemd.service(5)).
    if (typeof command !== 'string' && !/^[A-Za-z0-9_/.]/.test(program)) return `${program} is not a program`;
    return [times].flat().length > 0 || boot !== undefined || active !== undefined
      ? undefined
      : 'a time is expected: on_calendar, on_boot or on_unit_active';
  },
  async read({ name }, machine) {
    return {
      ...readSystemd(machine),
      unavailable: machine.services.unavailable,
      service: currentText(machine, `${folder}/${name}.service`),
      timer: currentText(machine, `${folder}/${name}.timer`),
      unit: await machine.services.look(`${name}.timer`),
      hasFolder: machine.files.follow(folder) !== undefined,
    };
  },
  plan(given, facts): Plan {
    const { name, enable } = given;
    const { unit, isRunning, hasFolder } = facts;
    const [service, timer] = [serviceText(given), timerText(given)];
    const isOther = { service: service !== facts.service, timer: timer !== facts.timer };
    const boot = unit.enabled === enable && unit.exists ? [] : bootSteps(`${name}.timer`, enable, unit);
    const running = isRunning ? runSteps(`${name}.timer`, enable, unit, isOther.timer) : [];
    if (!isOther.service && !isOther.timer && boot.length === 0 && running.length === 0)
      return alreadyRight(`Timer ${name} is in the correct state`);
    if (boot.length > 0 && facts.unavailable !== undefined)
      return impossible(`Timers can't be enabled here: ${facts.unavailable}`);
    const changes: Record<string, string> = {};
    if (isOther.service) changes[`${name}.service`] = facts.service === undefined ? 'New unit' : 'Changed';
    if (isOther.timer) changes[`${name}.timer`] = facts.timer === undefined ? 'New unit' : 'Changed';
    if (boot.length > 0) changes['enabled'] = enable ? 'Enabled' : 'Disabled';
    if (running.length > 0) changes['running'] = enable ? 'Started' : 'Stopped';
    const isNew = facts.service === undefined || facts.timer === undefined;
    return {
      changes,
      comment: `Timer ${name} would be ${isNew ? 'created' : 'changed'}`,
      done: `Timer ${name} was ${isNew ? 'created' : 'changed'}`,
      steps: [
        ...(isOther.service ? verifySteps(facts, `${name}.service`, service) : []),
        ...(isOther.timer && facts.verify ? [given.on_calendar].flat().map(judgeCalendar) : []),
        ...(isOther.service ? writeSteps(`${folder}/${name}.service`, service, hasFolder) : []),
        ...(isOther.timer ? writeSteps(`${folder}/${name}.timer`, timer, true) : []),
        ...(isOther.service || isOther.timer ? reloadSteps(facts) : []),
        ...boot,
        ...running,
      ],
    };
  },
});

function judgeCalendar(event: string): Step {
  return { do: 'run', command: { argv: ['systemd-analyze', 'calendar', '--', event] }, must: true };
}

function bootSteps(unit: string, enable: boolean, facts: ServiceFacts): Step[] {
  if (!enable && !facts.enabled) return [];
  return [{ do: 'service', unit, action: enable ? 'enable' : 'disable' }];
}

/** A timer whose times have changed is started anew: it goes by the old ones until then. */
function runSteps(unit: string, enable: boolean, { running }: ServiceFacts, isOther: boolean): Step[] {
  if (enable) return running && !isOther ? [] : [{ do: 'service', unit, action: running ? 'restart' : 'start' }];
  return running ? [{ do: 'service', unit, action: 'stop' }] : [];
}

function serviceText({ name, command, description, user, group, cwd, service }: Args): string {
  return textOfSections({
    Unit: { Description: description ?? name },
    Service: withoutUndefined({
      Type: 'oneshot',
      ExecStart: typeof command === 'string' ? command : execLine(command),
      User: user,
      Group: group,
      WorkingDirectory: cwd,
      ...service,
    }),
  });
}

function timerText(given: Args): string {
  const { name, description, on_calendar: times, persistent, timer } = given;
  return textOfSections({
    Unit: { Description: `${description ?? name} (timer)` },
    Timer: withoutUndefined({
      OnCalendar: [times].flat(),
      OnBootSec: given.on_boot,
      OnUnitActiveSec: given.on_unit_active,
      RandomizedDelaySec: given.randomized_delay,
      AccuracySec: given.accuracy,
      Persistent: persistent ? true : undefined,
      ...timer,
    }),
    Install: { WantedBy: 'timers.target' },
  });
}

function withoutUndefined(settings: Record<string, Sections[string][string] | undefined>): Sections[string] {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}
