import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Machine, Step } from '../../lib/contracts/machine.ts';
import { tryLock } from '../../lib/process-lock.ts';
import { createFiles } from '../../minion/machine/files.ts';
import { factsAt } from '../../minion/path-facts.ts';
import { forgetSteps, noting, readSteps } from '../../minion/state-steps.ts';

/** A machine whose steps take the time that the test lets pass, and do to files what it says. */
function setUp(t: ExecutionContext) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'tsalt-steps-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const [cachedir, root] = [path.join(home, 'cache'), path.join(home, 'root')];
  mkdirSync(cachedir);
  mkdirSync(path.join(root, 'etc'), { recursive: true });
  const time = { now: 1_000_000, takes: 0 };
  const files = createFiles(root);
  const real = {
    async perform(step: Step) {
      if ('path' in step) files.perform(step);
      time.now += time.takes;
      return { did: 'files' };
    },
  } as unknown as Machine;
  const steps = readSteps(cachedir);
  const machine = noting(real, { cachedir, root, now: () => time.now });
  /** Whether a change that is seen there now is a state run's: of a path, or of a service. */
  const did = (what: string, from = time.now, to = from): boolean => {
    if (!what.startsWith('/')) return steps.did({ service: what }, from, to);
    const file = path.join(root, what);
    return steps.did({ path: file, is: factsAt(file) }, from, to);
  };
  const write = (file: string, text: string): void => writeFileSync(path.join(root, file), text);
  return { cachedir, root, time, machine, did, write, perform: (step: Step) => machine.perform(step) };
}

test('steps of a state run: a file that is as it left it, whenever that is seen', async (t) => {
  const { time, perform, did, write, root } = setUp(t);
  write('/etc/motd', 'old');
  t.false(did('/etc/motd'));
  await perform({ do: 'write', path: '/etc/motd', content: Buffer.from('new') });
  t.true(did('/etc/motd'));
  time.now += 600_000;
  t.true(did('/etc/motd'));
  symlinkSync(path.join(root, 'etc'), path.join(root, 'link'));
  t.true(did('/link/motd'), 'through a link');
  t.false(did('/etc/issue') || did('cron'));
  write('/etc/motd', 'by somebody, at once');
  t.false(did('/etc/motd'));
});

test('steps of a state run: what it made, removed and moved, with what is below', async (t) => {
  const { time, perform, did, write, root } = setUp(t);
  await perform({ do: 'mkdir', path: '/srv/a/b', parents: true });
  t.true(did('/srv') && did('/srv/a') && did('/srv/a/b'));
  write('/srv/a/b/c', 'x');
  t.false(did('/srv/a/b/c'));
  await perform({ do: 'rename', path: '/srv/d', from: '/srv/a' });
  t.true(did('/srv/a') && did('/srv/d') && did('/srv/d/b/c') && did('/srv/a/b/c'));
  await perform({ do: 'remove', path: '/srv/d' });
  t.true(did('/srv/d') && did('/srv/d/b'));
  time.now += 600;
  t.false(did('/srv/d'), 'somebody may have made and removed it since');
  mkdirSync(path.join(root, 'srv/d/b'), { recursive: true });
  t.false(did('/srv/d') || did('/srv/d/b'), 'somebody made it again');
});

test('steps of a state run: a file that is being written', async (t) => {
  const { cachedir, time, did, write, root } = setUp(t);
  const motd = path.join(root, 'etc/motd');
  const lock = tryLock(path.join(cachedir, 'state-run.lock'), 'state.apply 20260101000000000000');
  const note = { step: '1.0', from: time.now, left: { [motd]: null } };
  appendFileSync(path.join(cachedir, 'state-run.steps'), `${JSON.stringify(note)}\n`);
  for (const name of ['motd', '.motd.tsalt-0a1', '.motd.swp']) write(`/etc/${name}`, 'x');
  t.true(did('/etc/motd') && did('/etc/.motd.tsalt-0a1'));
  t.false(did('/etc/.motd.swp'));
  if (lock.held) lock.release();
});

test('steps of a state run: a service, by any of its names', async (t) => {
  const { perform, did } = setUp(t);
  await perform({ do: 'service', unit: 'cron', action: 'stop' });
  t.true(did('cron') && did('cron.service'));
  t.false(did('ssh') || did('/etc/motd'));
});

test('steps of a state run: a command may change anything, while it runs', async (t) => {
  const { time, perform, did } = setUp(t);
  const began = time.now;
  time.takes = 60_000;
  await perform({ do: 'run', command: { argv: ['make'] } });
  for (const what of ['/etc/motd', 'cron']) {
    t.true(did(what, began + 30_000), what);
    t.false(did(what, began - 2000), what);
    t.false(did(what, time.now + 600), what);
  }
  await perform({ do: 'setenv', values: { A: 'b' } });
  t.false(did('/etc/motd', time.now - 30_000));
});

test('steps of a state run: one that goes on, as long as the run has its lock', async (t) => {
  const { cachedir, time, did } = setUp(t);
  const file = path.join(cachedir, 'state-run.steps');
  appendFileSync(file, `${JSON.stringify({ step: '1.0', from: time.now })}\n{"step": "1.1", "fr`);
  const later = time.now + 120_000;
  t.false(did('/etc/motd', later), 'its process has died');
  const lock = tryLock(path.join(cachedir, 'state-run.lock'), 'state.apply 20260101000000000000');
  t.true(did('/etc/motd', later));
  if (lock.held) lock.release();
});

test('steps of a state run: old ones are let go of when the next one begins', async (t) => {
  const { cachedir, root, time, perform, machine } = setUp(t);
  await perform({ do: 'remove', path: '/etc/old' });
  time.now += 3_600_001;
  await perform({ do: 'remove', path: '/etc/new' });
  noting(machine, { cachedir, root, now: () => time.now });
  const text = readFileSync(path.join(cachedir, 'state-run.steps'), 'utf8');
  t.false(text.includes('/etc/old'));
  t.true(text.includes('/etc/new'));
});

test('steps of a state run: noted where somebody reads them, and nowhere else', (t) => {
  const { cachedir, root, machine } = setUp(t);
  const options = { cachedir, root, now: () => 0 };
  t.not(noting(machine, options), machine);
  forgetSteps(cachedir);
  t.is(noting(machine, options), machine);
  t.false(existsSync(path.join(cachedir, 'state-run.steps')));
});
