import test from 'ava';
import * as v from 'valibot';
import { systemClock } from '../../lib/clock.ts';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { builtinModules } from '../../minion/modules/registry.ts';
import { sandbox, type World } from '../states/sandbox.ts';

/** Calls one function as the minion does: its arguments parsed by its own schema. */
async function call(fun: string, args: JsonMap, world: World = {}): Promise<unknown> {
  const [module = '', name = ''] = fun.split('.');
  const found = (await builtinModules.load(module)).functions[name];
  if (!found) throw new RangeError(`no function ${fun}`);
  const box = sandbox(world);
  const context: ExecContext = {
    id: 'm',
    jid: '20260101000000000000',
    machine: box.machine,
    grains: world.grains ?? {},
    pillar: world.pillar ?? {},
    opts: {},
    clock: systemClock,
    log: silent,
    signal: new AbortController().signal,
    failed: () => {},
    call: async () => null,
    applyStates: async () => ({}),
    showStates: async () => ({ errors: [], high: {}, low: [], files: [], top: [] }),
    runningStates: async () => undefined,
    sendEvent: async () => false,
  };
  try {
    return await found.run(v.parse(found.args, args), context);
  } finally {
    box.remove();
  }
}

test('test: its functions, give what they are asked for', async (t) => {
  t.is(await call('test.ping', {}), true);
  t.is(await call('test.echo', { text: 'hello' }), 'hello');
  t.deepEqual(await call('test.arg', { args: [1, 'b'], kwargs: { c: [true] } }), {
    args: [1, 'b'],
    kwargs: { c: [true] },
  });
  t.is(await call('test.sleep', { length: 0.001 }), true);
  t.is(await call('test.false', {}), false);
});

test('grains and pillar: a value at a:b:c, is found or the default is given', async (t) => {
  const world = { grains: { os: 'Debian', ip: { eth0: ['10.0.0.1'] } }, pillar: { app: { port: 80, on: false } } };
  t.is(await call('grains.get', { key: 'ip:eth0:0' }, world), '10.0.0.1');
  t.is(await call('grains.get', { key: 'none' }, world), '');
  t.is(await call('pillar.get', { key: 'app:on', default: true }, world), false);
  t.is(await call('pillar.get', { key: 'app/port', delimiter: '/' }, world), 80);
  t.is(await call('pillar.get', { key: 'constructor', default: 'd' }, world), 'd');
  t.deepEqual(await call('grains.item', { keys: ['os', 'no'] }, world), { os: 'Debian', no: '' });
  t.deepEqual(await call('grains.ls', {}, world), ['ip', 'os']);
  t.deepEqual(await call('pillar.keys', { key: 'app' }, world), ['port', 'on']);
});

test('cmd: a command, gives its output and its code', async (t) => {
  const world = { commands: true };
  t.is(await call('cmd.run', { cmd: 'echo out; echo err >&2' }, world), 'out\nerr');
  t.is(await call('cmd.retcode', { cmd: 'exit 5' }, world), 5);
  t.is(await call('cmd.run_stdout', { cmd: 'cat', stdin: 'typed' }, world), 'typed');
  t.like(await call('cmd.run_all', { cmd: 'echo "$A"', env: { A: 1 } }, world), {
    retcode: 0,
    stdout: '1',
    stderr: '',
  });
});

test('file: what is on the disk, is told', async (t) => {
  const world = { before: { '/d/a': { content: 'text', mode: '0640' }, '/d/l': { link: 'a' } } };
  t.is(await call('file.file_exists', { path: '/d/l' }, world), true);
  t.is(await call('file.directory_exists', { path: '/d/a' }, world), false);
  t.is(await call('file.is_link', { path: '/d/l' }, world), true);
  t.is(await call('file.read', { path: '/d/a' }, world), 'text');
  t.like(await call('file.stats', { path: '/d/a' }, world), { type: 'file', mode: '0640', size: 4 });
  t.deepEqual(await call('file.stats', { path: '/none' }, world), {});
  t.deepEqual(await call('file.readdir', { path: '/d' }, world), ['.', '..', 'a', 'l']);
  t.is(
    await call('file.get_hash', { path: '/d/a' }, world),
    '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
  );
  await t.throwsAsync(call('file.read', { path: 'relative' }, world), { message: /absolute path/ });
});

test('hosts: the hosts file, is told by address and by name', async (t) => {
  const world = { before: { '/etc/hosts': '# x\n10.0.0.1 head head.c # main\n10.0.0.1 more\n' } };
  t.deepEqual(await call('hosts.list_hosts', {}, world), {
    '10.0.0.1': { aliases: ['head', 'head.c', 'more'], comment: 'main' },
  });
  t.is(await call('hosts.get_ip', { host: 'more' }, world), '10.0.0.1');
  t.deepEqual(await call('hosts.get_alias', { ip: '10.0.0.2' }, world), []);
});
