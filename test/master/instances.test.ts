import test from 'ava';
import { books, open } from './books.ts';

const machine = { id: 'web-x', provider: 'process', roles: ['web'] };

test('instances: one goes from launched to ready to gone, each step an event and on disk', async (t) => {
  const { instances, store, seen, events, directory, clock } = await books(t);
  await instances.add(machine);
  t.true(await instances.move('web-x', 'starting', 'the provider has started it', { handle: '17' }));
  t.true(await instances.move('web-x', 'configuring', 'the minion has started'));
  t.false(await instances.move('web-x', 'starting', 'the provider was slow', { address: '192.0.2.1' }));
  t.true(await instances.move('web-x', 'ready', 'the highstate succeeded'));
  t.false(await instances.move('web-x', 'ready', 'again'));
  t.deepEqual(
    seen(),
    ['launched', 'starting', 'configuring', 'ready'].map((state) => `tsalt/instance/web-x/${state}`),
  );
  t.like(events[3]?.data, { id: 'web-x', state: 'ready', reason: 'the highstate succeeded', roles: ['web'] });
  await store.close();

  const again = await open(t, directory, clock);
  t.deepEqual(again.instances.find('web-x'), {
    ...machine,
    handle: '17',
    address: '192.0.2.1',
    state: 'ready',
    reason: 'the highstate succeeded',
    since: '2026-01-31T12:00:00.000Z',
  });
  t.deepEqual(
    again.instances.list('ready').map(({ id }) => id),
    ['web-x'],
  );
  await again.instances.move('web-x', 'gone', 'terminated');
  for (const state of ['launched', 'starting', 'configuring', 'ready', 'failed'] as const) {
    t.false(await again.instances.move('web-x', state, 'no way back'));
  }
  clock.advance(1001);
  await again.instances.sweep(1000);
  t.is(again.instances.find('web-x'), undefined);
});

test('instances: an id that is there is not launched again, one that is gone may be', async (t) => {
  const { instances } = await books(t);
  await instances.add(machine);
  await t.throwsAsync(instances.add(machine), { code: 'TS_INSTANCE_EXISTS' });
  await t.throwsAsync(instances.move('nobody', 'ready', ''), { code: 'TS_INSTANCE_UNKNOWN' });
  await t.throwsAsync(instances.add({ ...machine, id: 'a/b' }), { code: 'TS_ID_BAD_MINION_ID' });
  await instances.move('web-x', 'gone', 'terminated');
  t.is((await instances.add(machine)).state, 'launched');
});

test('instances: the outcomes of the last twenty state runs are kept', async (t) => {
  const { instances } = await books(t);
  for (let i = 0; i < 25; i++) await instances.ran('web-x', { jid: String(i), success: true, reason: 'fine' });
  t.deepEqual(
    instances
      .runs('web-x')
      .map(({ jid }) => jid)
      .slice(-1),
    ['24'],
  );
  t.is(instances.runs('web-x').length, 20);
});
