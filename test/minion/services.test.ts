import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { Clock } from '../../lib/clock.ts';
import type { Command, CommandResult, ServiceStep } from '../../lib/contracts/machine.ts';
import { createServices } from '../../minion/machine/services.ts';
import { lookAtInit } from '../../minion/machine/services/init.ts';
import { createProcesses } from '../../lib/system/processes.ts';
import { needing } from '../kit/needing.ts';

const usual = {
  Type: 'simple',
  Id: 'x.service',
  Names: 'x.service',
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  UnitFileState: 'enabled',
  NeedDaemonReload: 'no',
  Result: 'success',
  ExecMainStatus: '0',
  NRestarts: '0',
};
const unit = (facts: Record<string, string>): string =>
  Object.entries({ ...usual, ...facts })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

const loaded = [
  unit({ Id: 'ssh.service', Names: 'sshd.service ssh.service', Type: 'notify' }),
  unit({
    Id: 'cron.service',
    Names: 'cron.service',
    LoadState: 'masked',
    UnitFileState: 'masked',
    ActiveState: 'inactive',
  }),
  unit({
    Id: 'gone.service',
    Names: 'gone.service',
    LoadState: 'not-found',
    UnitFileState: '',
    ActiveState: 'inactive',
  }),
  unit({ Id: 'journald.service', Names: 'journald.service', UnitFileState: 'static' }),
];

/** A time that passes when somebody waits. */
function ownClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    monotonic: () => now,
    after(ms, callback) {
      now += ms;
      setImmediate(callback);
      return () => {};
    },
  };
}

function systemd(answer: (argv: readonly string[]) => Partial<CommandResult> | undefined) {
  const ran: string[] = [];
  const run = async ({ argv }: Command): Promise<CommandResult> => {
    ran.push(argv.filter((part) => !part.startsWith('--')).join(' '));
    return { pid: 1, code: 0, stdout: '', stderr: '', timedOut: false, truncated: false, ...answer(argv) };
  };
  const init = { systemd: true, systemctl: true, name: 'systemd' };
  return { ran, services: createServices({ root: '/', processes: { run }, init, clock: ownClock() }) };
}

const step = (action: ServiceStep['action'], more: Partial<ServiceStep> = {}): ServiceStep => ({
  do: 'service',
  unit: 'x',
  action,
  ...more,
});

test('services: many are looked at, one call answers for all that systemd has loaded', async (t) => {
  const { services, ran } = systemd(() => ({ stdout: loaded.join('\n') }));
  t.deepEqual(await services.look('ssh'), { exists: true, running: true, enabled: true, masked: false, static: false });
  t.true((await services.look('sshd.service')).running);
  t.like(await services.look('cron'), { exists: true, masked: true, running: false });
  t.like(await services.look('journald'), { static: true, enabled: false });
  t.deepEqual(ran, ['systemctl show *.service ssh.service']);
  t.false((await services.look('gone')).exists);
  t.false((await services.look('../etc/passwd')).exists);
  t.is(ran.length, 2);
});

test('services: started and alive after a while, it is done; a unit file that changed is read before', async (t) => {
  const { services, ran } = systemd((argv) =>
    argv[1] === 'show'
      ? { stdout: unit({ NeedDaemonReload: ran.includes('systemctl daemon-reload') ? 'no' : 'yes' }) }
      : {},
  );
  t.deepEqual(await services.perform(step('restart')), { did: 'service' });
  t.deepEqual(ran.slice(0, 3), ['systemctl show x.service', 'systemctl daemon-reload', 'systemctl restart x.service']);
});

test('services: started and dead a moment later, the reason is its outcome and the end of its journal', async (t) => {
  let looks = 0;
  const { services } = systemd((argv) => {
    if (argv[0] === 'journalctl') return { stdout: 'no such port\n' };
    if (argv[1] !== 'show') return {};
    return { stdout: unit(looks++ < 4 ? {} : { ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '3' }) };
  });
  await t.throwsAsync(() => services.perform(step('start')), {
    code: 'TS_SERVICES_FAILED',
    message:
      'Service x failed to start: it ended at once (exit-code, exit status 3)\nits journal ends with:\nno such port',
  });
});

for (const [what, facts, reason] of [
  ['that systemd starts again and again', { NRestarts: '2' }, /ends again and again/],
  ['of type oneshot that is done', { Type: 'oneshot', ActiveState: 'inactive' }, /oneshot unit/],
  ['that never gets ready', { ActiveState: 'activating', SubState: 'start' }, /still activating/],
] as const)
  test(`services: a unit ${what}, is not called running`, async (t) => {
    const { services } = systemd((argv) => (argv[1] === 'show' ? { stdout: unit(facts) } : {}));
    await t.throwsAsync(() => services.perform(step('start')), { message: reason });
  });

test("services: systemctl fails, its own words are the reason; one that won't stop is told", async (t) => {
  const { services } = systemd((argv) =>
    argv[1] === 'show' ? { stdout: unit({}) } : argv[1] === 'start' ? { code: 1, stderr: 'Job for x failed.\n' } : {},
  );
  await t.throwsAsync(() => services.perform(step('start')), {
    message: 'Service x failed to start: Job for x failed.',
  });
  await t.throwsAsync(() => services.perform(step('stop')), {
    message: 'Service x failed to die: it is still active (running)',
  });
});

test('services: systemd is not PID 1, starting is refused with who is', async (t) => {
  const { services: booted } = systemd(() => undefined);
  t.is(booted.notRunning, undefined);
  const services = createServices({
    root: '/',
    processes: { run: () => t.fail() as never },
    init: { systemd: false, systemctl: true, name: 'tini' },
  });
  t.is(services.notRunning, 'systemd is not running here (PID 1 is tini)');
  await t.throwsAsync(() => services.perform(step('start')), {
    message: 'systemd is not running here (PID 1 is tini)',
  });
});

const withSystemctl = needing('systemctl', lookAtInit().systemctl);

withSystemctl('services: another tree, units are enabled, disabled and masked in its files', async (t) => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tsalt-services-'));
  t.teardown(() => fs.rmSync(root, { recursive: true, force: true }));
  fs.mkdirSync(path.join(root, 'etc/systemd/system'), { recursive: true });
  fs.mkdirSync(path.join(root, 'usr/lib/systemd/system'), { recursive: true });
  const file = (name: string, install: string): void =>
    fs.writeFileSync(path.join(root, 'usr/lib/systemd/system', name), `[Service]\nExecStart=/bin/true\n${install}`);
  file('a.service', '[Install]\nWantedBy=multi-user.target\n');
  file('b.service', '');
  file('c@.service', '[Install]\nWantedBy=multi-user.target\n');
  const processes = createProcesses({ root: '/', user: () => undefined });
  const services = createServices({ root, processes, init: lookAtInit() });

  t.deepEqual(await services.look('a'), { exists: true, running: false, enabled: false, masked: false, static: false });
  t.like(await services.look('b'), { exists: true, static: true });
  t.like(await services.look('nothing'), { exists: false });
  await services.perform(step('enable', { unit: 'a' }));
  t.true(fs.lstatSync(path.join(root, 'etc/systemd/system/multi-user.target.wants/a.service')).isSymbolicLink());
  t.true((await services.look('a')).enabled);
  await services.perform(step('enable', { unit: 'c@one' }));
  t.deepEqual([(await services.look('c@one')).enabled, (await services.look('c@two')).enabled], [true, false]);
  await services.perform(step('disable', { unit: 'a' }));
  t.false((await services.look('a')).enabled);
  await services.perform(step('mask', { unit: 'a' }));
  t.true((await services.look('a')).masked);
  await services.perform(step('unmask', { unit: 'a' }));
  t.false((await services.look('a')).masked);
  await t.throwsAsync(() => services.perform(step('start', { unit: 'a' })), { message: /the tree under/ });
  t.deepEqual(await services.names(), ['a.service', 'b.service', 'c@.service']);
});
