import test from 'ava';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { PackageFacts, PackageOffer, Step, StepResult } from '../../lib/contracts/machine.ts';
import pkg from '../../minion/modules/pkg.ts';
import service from '../../minion/modules/service.ts';

const present = new Map<string, PackageFacts>([
  ['bash', { version: '5.2-1', state: 'installed' }],
  ['curl', { version: '8.0-1', state: 'installed' }],
  ['nano', { version: '7.2-1', state: 'config-files' }],
]);
const offers = new Map<string, PackageOffer>([
  ['bash', { candidate: '5.2-1', versions: ['5.2-1'] }],
  ['curl', { candidate: '8.1-1', versions: ['8.1-1', '8.0-1'] }],
  ['hello', { candidate: '2.10-3', versions: ['2.10-3'] }],
]);

/** A machine that remembers what it was told to do. */
function context(outcome: StepResult = { did: 'packages', changed: {} }) {
  const steps: Step[] = [];
  const machine = {
    packages: {
      manager: 'apt',
      ready: async () => {},
      installed: (name: string) => present.get(name),
      all: () => present,
      offers: async () => offers,
    },
    services: {
      look: async (name: string) => ({
        exists: name !== 'missing',
        running: name === 'web',
        enabled: name === 'web',
        masked: false,
        static: name === 'journald',
      }),
      names: async () => ['a.service', 'b.socket'],
    },
    perform(step: Step) {
      steps.push(step);
      return outcome;
    },
  };
  return { steps, context: { machine } as unknown as ExecContext };
}

async function call(module: typeof pkg, name: string, args: JsonMap, given = context()): Promise<Json> {
  const fun = module.functions[name];
  if (!fun) throw new Error(`no function ${name}`);
  return (await fun.run(args, given.context)) as Json;
}

test('pkg: asked for versions, one name gives a text and several a map', async (t) => {
  t.is(await call(pkg, 'version', { names: ['bash'] }), '5.2-1');
  t.deepEqual(await call(pkg, 'version', { names: ['bash', 'nano', 'none'] }), { bash: '5.2-1', nano: '', none: '' });
  t.deepEqual(await call(pkg, 'latest_version', { names: ['bash', 'curl', 'hello', 'none'] }), {
    bash: '',
    curl: '8.1-1',
    hello: '2.10-3',
    none: '',
  });
  t.deepEqual(
    [await call(pkg, 'upgrade_available', { name: 'curl' }), await call(pkg, 'upgrade_available', { name: 'bash' })],
    [true, false],
  );
  t.deepEqual(await call(pkg, 'list_upgrades', {}), { curl: '8.1-1' });
  t.deepEqual(await call(pkg, 'list_pkgs', {}), { bash: '5.2-1', curl: '8.0-1' });
  t.deepEqual(await call(pkg, 'list_pkgs', { removed: true, versions_as_list: true }), { nano: ['7.2-1'] });
});

test('pkg: told to change something, it is one step', async (t) => {
  const given = context({ did: 'packages', changed: { hello: { old: '', new: '2.10-3' } } });
  t.deepEqual(await call(pkg, 'install', { pkgs: ['hello', { sl: '5*' }, { cowsay: null }], refresh: true }, given), {
    hello: { old: '', new: '2.10-3' },
  });
  await call(pkg, 'install', { name: 'a, b' }, given);
  await call(pkg, 'purge', { name: 'hello' }, given);
  await call(pkg, 'refresh_db', {}, given);
  t.like(given.steps, [
    { install: [{ name: 'hello' }, { name: 'sl', version: '5*' }, { name: 'cowsay' }], refresh: true },
    { install: [{ name: 'a' }, { name: 'b' }], refresh: false },
    { remove: ['hello'], purge: true },
    { install: [], remove: [], refresh: true },
  ] as object);
});

test('pkg: apt fails, its reason is the error', async (t) => {
  const given = context({ did: 'packages', changed: {}, failed: 'E: no space left' });
  await t.throwsAsync(call(pkg, 'remove', { name: 'bash' }, given), {
    code: 'TS_PACKAGES_FAILED',
    message: /no space left/,
  });
});

test('service: asked, it answers yes or no; told, it does one step', async (t) => {
  const answers = (name: string) =>
    Promise.all(['status', 'available', 'enabled', 'disabled'].map((fun) => call(service, fun, { name })));
  t.deepEqual(await answers('web'), [true, true, true, false]);
  t.deepEqual(await answers('idle'), [false, true, false, true]);
  t.deepEqual(await answers('journald'), [false, true, true, false]);
  t.deepEqual(await call(service, 'missing', { name: 'missing' }), true);
  t.deepEqual(await call(service, 'get_all', {}), ['a', 'b.socket']);
  const given = context({ did: 'service' });
  t.true(await call(service, 'restart', { name: 'web' }, given));
  t.deepEqual(given.steps, [{ do: 'service', unit: 'web', action: 'restart' }]);
});
