import test from 'ava';
import type { Reading } from '../../lib/contracts/machine.ts';
import type { Plan } from '../../lib/contracts/state.ts';
import dead from '../../states/service/dead.ts';
import disabled from '../../states/service/disabled.ts';
import enabled from '../../states/service/enabled.ts';
import type { UnitFacts } from '../../states/service/facts.ts';
import masked from '../../states/service/masked.ts';
import running from '../../states/service/running.ts';
import unmasked from '../../states/service/unmasked.ts';

const unit = (more: Partial<UnitFacts> = {}): UnitFacts => ({
  exists: true,
  running: false,
  enabled: false,
  masked: false,
  static: false,
  ...more,
});
const name = 'web';
const right = (comment: string): Plan => ({ changes: {}, comment, steps: [] });
const wrong = (comment: string): Plan => ({ ...right(comment), impossible: true });
const service = (action: string, delayMs?: number) =>
  action === 'start' || action === 'stop' || action.startsWith('re')
    ? { do: 'service', unit: name, action, delayMs }
    : { do: 'service', unit: name, action };
const actions = (plan: Plan): string[] => plan.steps.map((step) => (step.do === 'service' ? step.action : step.do));

test('service.running: it runs, nothing to do', (t) => {
  t.deepEqual(running.plan({ name }, unit({ running: true })), right('The service web is already running'));
  t.deepEqual(
    running.plan({ name, enable: true }, unit({ running: true, enabled: true })),
    right('The service web is already running'),
  );
});

test('service.running: it is stopped, it would be started, and enabled or disabled when that is said', (t) => {
  t.deepEqual(running.plan({ name }, unit()) as unknown, {
    changes: { web: true },
    comment: 'Service web is set to start',
    done: 'Started service web',
    steps: [service('start')],
  });
  const enable = running.plan({ name, enable: true }, unit());
  t.deepEqual([enable.done, actions(enable)], ['Service web has been enabled, and is running', ['start', 'enable']]);
  const already = running.plan({ name, enable: true, init_delay: 2 }, unit({ enabled: true }));
  t.deepEqual(already.done, 'Service web is already enabled, and is running\nDelayed return for 2 seconds');
  t.deepEqual(already.steps as unknown, [service('start', 2000)]);
});

test('service.running: it runs but does not start with the machine, only that is changed', (t) => {
  t.deepEqual(running.plan({ name, enable: true }, unit({ running: true })) as unknown, {
    changes: { web: true },
    comment: 'Service web set to be enabled',
    done: 'Service web has been enabled, and is in the desired state',
    steps: [service('enable')],
  });
});

test('service.running: masked, it is refused unless it may be unmasked', (t) => {
  t.deepEqual(running.plan({ name }, unit({ masked: true })), wrong("Service web is masked: it can't be started"));
  const plan = running.plan({ name, unmask: true, enable: true }, unit({ masked: true }));
  t.deepEqual(actions(plan), ['unmask', 'start', 'enable']);
});

test('service.running: no such unit, or no systemd, the reason is the comment', (t) => {
  t.deepEqual(running.plan({ name }, unit({ exists: false })), wrong('The named service web is not available'));
  const notRunning = 'systemd is not running here (PID 1 is tini)';
  t.deepEqual(running.plan({ name }, unit({ notRunning })), wrong(notRunning));
  t.deepEqual(running.refresh?.({ name }, unit({ notRunning }), []), wrong(notRunning));
  t.falsy(enabled.plan({ name }, unit({ notRunning })).impossible);
});

test('service.running: what it watches changed, it is restarted, reloaded or started', (t) => {
  const refresh = (args: { reload?: boolean }, facts: UnitFacts) => running.refresh?.({ name, ...args }, facts, []);
  t.deepEqual(refresh({}, unit({ running: true })) as unknown, {
    changes: { web: true },
    comment: 'Service is set to be restarted',
    done: 'Service restarted',
    steps: [service('restart')],
  });
  t.is(refresh({ reload: true }, unit({ running: true }))?.done, 'Service reloaded');
  t.is(refresh({ reload: true }, unit())?.done, 'Service started');
});

test('service.dead: it runs, it would be stopped; else nothing', (t) => {
  t.deepEqual(dead.plan({ name }, unit({ running: true })) as unknown, {
    changes: { web: false },
    comment: 'Service web is set to be killed',
    done: 'Service web was killed',
    steps: [service('stop')],
  });
  const disable = dead.plan({ name, enable: false }, unit({ running: true, enabled: true }));
  t.deepEqual([disable.done, actions(disable)], ['Service web has been disabled, and is dead', ['stop', 'disable']]);
  t.deepEqual(dead.plan({ name }, unit()), right('The service web is already dead'));
  t.deepEqual(actions(dead.plan({ name, enable: false }, unit({ enabled: true }))), ['disable']);
  t.deepEqual(dead.plan({ name }, unit({ exists: false })), right('The named service web is not available'));
  t.deepEqual(actions(dead.refresh?.({ name }, unit({ running: true }), []) ?? right('')), ['stop']);
});

test('service.enabled and service.disabled: as it is, nothing; else it is changed; a static unit is neither', (t) => {
  t.deepEqual(
    enabled.plan({ name }, unit({ enabled: true })),
    right('Service web is already enabled, and is in the desired state'),
  );
  t.deepEqual(actions(enabled.plan({ name }, unit())), ['enable']);
  t.deepEqual(enabled.plan({ name }, unit({ exists: false })), wrong('The named service web is not available'));
  t.deepEqual(enabled.plan({ name }, unit({ masked: true })), wrong("Service web is masked: it can't be enabled"));
  t.deepEqual(disabled.plan({ name }, unit()), right('Service web is already disabled, and is in the desired state'));
  t.deepEqual(actions(disabled.plan({ name }, unit({ enabled: true }))), ['disable']);
  t.deepEqual(disabled.plan({ name }, unit({ exists: false })), right('The named service web is not available'));
  for (const state of [enabled, disabled]) t.regex(state.plan({ name }, unit({ static: true })).comment, /is static/);
});

test('service.masked and service.unmasked: as it is, nothing; else it is changed', (t) => {
  t.deepEqual(masked.plan({ name }, unit({ masked: true })), right('Service web is already masked'));
  t.deepEqual(masked.plan({ name }, unit()) as unknown, {
    changes: { masked: { old: false, new: true } },
    comment: 'Service web would be masked',
    done: 'Service web was masked',
    steps: [service('mask')],
  });
  t.deepEqual(unmasked.plan({ name }, unit()), right('Service web was already unmasked'));
  t.deepEqual(unmasked.plan({ name }, unit({ masked: true })).changes, { masked: { old: true, new: false } });
});

test('service: a unit file that this very run writes, counts before systemd knows of it', async (t) => {
  const machine = {
    services: { unavailable: undefined, notRunning: undefined, look: async () => unit({ exists: false }) },
    files: { follow: (path: string) => (path === '/etc/systemd/system/web@.service' ? {} : undefined) },
  } as unknown as Reading;
  t.true((await running.read({ name: 'web@1' }, machine)).exists);
  t.false((await running.read({ name: 'other' }, machine)).exists);
});

test('service: a name that is a path or an option, is complained about before anything runs', (t) => {
  for (const bad of ['../x', '-x', 'a b', '']) t.regex(running.check?.({ name: bad }) ?? '', /is not the name/, bad);
  t.is(running.check?.({ name: 'getty@tty1.service' }), undefined);
});
