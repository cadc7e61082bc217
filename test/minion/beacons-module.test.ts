import test, { type ExecutionContext } from 'ava';
import * as v from 'valibot';
import { readDocument } from '../../lib/config/document.ts';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { JsonMap } from '../../lib/json.ts';
import { customBeaconsOf } from '../../minion/custom/registries.ts';
import beacons from '../../minion/modules/beacons.ts';
import { sandbox } from '../states/sandbox.ts';

const kept = '/etc/tsalt/minion.d/beacons.conf';

/** A minion with a config and a pillar: calls functions of `beacons`, and tells what its file of beacons says by then. */
function minion(
  t: ExecutionContext,
  { configured = {}, pillar = {}, root = '/' }: { configured?: JsonMap; pillar?: JsonMap; root?: string } = {},
) {
  const opts = { config_dir: '/etc/tsalt', beacons: configured, root };
  const box = sandbox({ opts });
  t.teardown(() => box.remove());
  let failures = 0;
  const customBeacons = customBeaconsOf(() => undefined);
  const context = { machine: box.machine, pillar, opts, customBeacons, failed: () => failures++ };
  return {
    call: async (fun: string, args: JsonMap = {}): Promise<unknown> => {
      const found = beacons.functions[fun];
      if (!found) throw new RangeError(`no function ${fun}`);
      return found.run(v.parse(found.args, args), context as unknown as ExecContext);
    },
    file: () =>
      box.machine.files.look(kept) ? readDocument(kept, box.machine.files.read(kept).toString()).values : {},
    failures: () => failures,
  };
}

const no = (comment: string) => ({ comment, result: false });
const yes = (comment: string) => ({ comment, result: true });

test('beacons.add, modify, delete: the file has it; in test mode it is only said', async (t) => {
  const { call, file, failures } = minion(t);
  const beacon = { name: 'memusage', beacon_data: [{ percent: '63%' }, { interval: 60 }] };
  t.deepEqual(await call('add', { ...beacon, test: true }), yes('Beacon: memusage would be added.'));
  t.deepEqual(file(), {});
  t.deepEqual(await call('add', beacon), yes('Added beacon: memusage.'));
  t.deepEqual(file(), { beacons: { memusage: beacon.beacon_data } });
  t.deepEqual(await call('add', beacon), yes('Beacon memusage is already configured.'));

  t.deepEqual(await call('modify', beacon), yes('Job memusage in correct state'));
  const other = { name: 'memusage', beacon_data: { percent: 70 } };
  t.deepEqual(await call('modify', { ...other, test: true }), yes('Beacon: memusage would be modified.'));
  t.deepEqual(await call('modify', other), {
    ...yes('Modified beacon: memusage.'),
    changes: { diff: '--- \n+++ \n@@ -1,2 +1 @@\n-percent:63%\n-interval:60\n+percent:70\n' },
  });
  t.deepEqual(file(), { beacons: { memusage: [{ percent: 70 }] } });

  t.deepEqual(await call('delete', { name: 'memusage', test: true }), yes('Beacon: memusage would be deleted.'));
  t.deepEqual(await call('delete', { name: 'memusage' }), yes('Deleted beacon: memusage.'));
  t.deepEqual(file(), { beacons: {} });
  t.deepEqual(await call('delete', { name: 'memusage' }), yes('Deleted beacon: memusage.'));
  t.is(failures(), 0);
});

test('beacons.add and modify: what is wrong with it, is said, and is a failure', async (t) => {
  const { call, file, failures } = minion(t, { configured: { memusage: [{ percent: 1 }] } });
  t.deepEqual(await call('add', { name: 'x', beacon_data: [] }), no('Beacon "x" is not available.'));
  t.deepEqual(
    await call('add', { name: 'laod', beacon_data: [] }),
    no('Beacon "laod" is not available.\nhint: did you mean \'load\'?'),
  );
  const [invalid, hint] = ["beacon 'ps': there is no option 'proceses'", "hint: did you mean 'processes'?"];
  t.deepEqual(
    await call('add', { name: 'ps', beacon_data: [{ proceses: {} }] }),
    no(`Beacon ps configuration invalid, not adding.\n${invalid}\n${hint}`),
  );
  t.deepEqual(await call('modify', { name: 'ps', beacon_data: [] }), no('Beacon ps is not configured.'));
  t.deepEqual(
    await call('modify', { name: 'memusage', beacon_data: [{ percent: 300 }] }),
    no(
      "Beacon memusage configuration invalid, not modifying.\nbeacon 'memusage': 'percent' should be a percentage, such as 63%, not 300",
    ),
  );
  t.deepEqual(
    await call('modify', { name: 'memusage', beacon_data: [{ percent: 30 }] }),
    no(`Beacon memusage is set in another file of the config than ${kept}: it has to be changed there`),
  );
  t.is(failures(), 6);
  t.deepEqual(file(), {});
});

test('beacons.enable_beacon and disable_beacon: one; enable and disable: all; reset: none is left', async (t) => {
  const { call, file } = minion(t);
  await call('add', { name: 'status', beacon_data: [{ interval: 9 }] });
  t.deepEqual(await call('disable_beacon', { name: 'status', test: true }), yes('Beacon status would be disabled.'));
  t.deepEqual(await call('disable_beacon', { name: 'status' }), yes('Disabled beacon status on minion.'));
  t.deepEqual(file(), { beacons: { status: [{ interval: 9 }, { enabled: false }] } });
  t.deepEqual(await call('enable_beacon', { name: 'status' }), yes('Enabled beacon status on minion.'));
  t.deepEqual(await call('enable_beacon', { name: 'load' }), no('Beacon load is not currently configured.'));
  t.deepEqual(await call('disable'), yes('Disabled beacons on minion.'));
  t.deepEqual(file(), { beacons: { status: [{ interval: 9 }, { enabled: true }], enabled: false } });
  t.deepEqual(await call('enable'), yes('Enabled beacons on minion.'));
  t.deepEqual(await call('save'), yes(`Beacons saved to ${kept}.`));
  t.deepEqual(await call('reset', { test: true }), yes('Beacons would be reset.'));
  t.deepEqual(await call('reset'), yes('Beacon configuration reset.'));
  t.deepEqual(file(), {});
});

test('beacons.list and list_available: as YAML, or as data; those of a pillar are not changed here', async (t) => {
  const { call } = minion(t, {
    configured: { status: [{ interval: 3 }] },
    pillar: { beacons: { load: [], status: [] } },
  });
  t.is(await call('list'), 'beacons:\n  load: []\n  status:\n    - interval: 3\n');
  t.deepEqual(await call('list', { return_yaml: false, include_opts: false }), { load: [], status: [] });
  t.deepEqual(await call('list', { return_yaml: false, include_pillar: false }), { status: [{ interval: 3 }] });
  t.true(((await call('list_available', { return_yaml: false })) as string[]).includes('inotify'));
  t.deepEqual(
    await call('delete', { name: 'load' }),
    no('Cannot delete beacon item load, it is configured in pillar.'),
  );
  t.deepEqual(
    await call('disable_beacon', { name: 'load' }),
    no('Cannot disable beacon item load, it is configured in pillar.'),
  );
});

test('beacons, for another tree: they are of the machine itself', async (t) => {
  const { call, failures } = minion(t, { root: '/srv/image' });
  const fixed = "Beacons are of the machine that the minion runs on: they can't be set for the tree under /srv/image";
  for (const fun of ['enable', 'save', 'reset']) t.deepEqual(await call(fun), no(fixed));
  t.deepEqual(await call('add', { name: 'status', beacon_data: [] }), no(fixed));
  t.is(failures(), 4);
});
