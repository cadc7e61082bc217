import test from 'ava';
import { fnmatch } from '../../lib/fnmatch.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { desk } from './desk.ts';

/* Tags that reactors trust are made by the master alone. */

const jid = '20260101000000000000';

/** What a compromised minion would like to have said. */
const reserved = ['salt', 'tsalt'].flatMap((room) => [
  room,
  ...['', '/', 'auth', 'key', 'presence/change', 'minion/good/start', 'minion/bad/start', 'run/1/ret', 'x'].map(
    (rest) => `${room}/${rest}`,
  ),
  ...['good', 'bad'].flatMap((id) => [
    `${room}/job/${jid}/ret/${id}`,
    `${room}/job/${jid}/prog/${id}/0`,
    `${room}/instance/${id}/ready`,
    `${room}/wheel/${id}`,
  ]),
]);
const beacons = [
  'salt/beacon',
  'salt/beacon/',
  'salt/beacon/bad',
  'salt/beacon/bad/',
  'salt/beacon/good/load',
  'salt/beacon/badly/load',
  'salt/beacon//bad/load',
  'salt/beacon/../job/x',
  'tsalt/beacon/bad/load',
];
const malformed = [
  '',
  ' salt/auth',
  'salt/auth ',
  'a b',
  'a\nsalt/auth',
  '\0',
  'a\u2028b'.repeat(100),
  'x'.repeat(256),
];

test('event injection: two hundred tags of the master and of others, none is an event, nor is any with odd letters', async (t) => {
  const { sends, events, stats } = await desk(t);
  const tags = [...reserved, ...beacons, ...malformed];
  const decorated = tags.flatMap((tag) => [tag, tag.replaceAll('/', '//'), `${tag}/more`]);
  const meant = decorated.filter((tag) => tag !== 'salt/beacon/bad//more' && !/^salt\/beacon\/bad\/./.test(tag));
  const harmful = meant.filter((tag) => /^t?salt(\/|$)/.test(tag) || malformed.includes(tag));
  t.true(harmful.length >= 100, `${harmful.length} tags`);
  await sends(
    'event',
    harmful.map((tag) => ({ tag, data: { id: 'good', act: 'accept', result: true } })),
  );
  t.deepEqual(events, []);
  t.is(stats().refusedTags, harmful.length);
  for (const tag of [null, 7, ['salt/auth'], { toString: 'salt/auth' }, true]) {
    await sends('event', [{ tag, data: {} }]);
  }
  t.deepEqual(events, []);
});

test('event injection: what a minion may fire, no glob that reactors put on the tags of the master matches it', async (t) => {
  const { sends, events } = await desk(t);
  const tags = [
    'my/tag',
    'collector/result',
    'salt/beacon/bad/load',
    'Salt/auth',
    'saltx/auth',
    'x/salt/auth',
    '/salt/auth',
  ];
  await sends(
    'event',
    tags.map((tag) => ({ tag, data: { id: 'good', tag: 'salt/auth' } })),
  );
  t.deepEqual(
    events.map(({ tag }) => tag),
    tags,
  );
  for (const glob of ['salt/auth', 'salt/job/*', 'salt/minion/*/start', 'salt/key', 'tsalt/*', 'salt/run/*']) {
    t.deepEqual(
      events.filter(({ tag }) => fnmatch(glob)(tag)),
      [],
      glob,
    );
  }
  t.true(events.every(({ data }) => data['id'] === 'bad'));
});

test('event injection: a real minion fires the tags of the master, no reactor hears of it', async (t) => {
  const cluster = await startCluster(t, { reactor: [{ 'salt/key': ['builtin:auth'] }] });
  await cluster.joinMinion('bad');
  const before = (await cluster.events()).length;
  const fired = [
    'salt/auth',
    'salt/key',
    `salt/job/${jid}/ret/good`,
    'salt/minion/good/start',
    'tsalt/instance/good/ready',
  ];
  for (const tag of fired) await cluster.exec('bad', 'event.send', [tag, { id: 'good' }]);
  await cluster.exec('bad', 'event.send', ['my/last', {}]);
  await eventually(async () => (await cluster.events('my/last')).length === 1);
  const later = (await cluster.events()).slice(before);
  t.deepEqual(
    later.filter(({ tag, data }) => fired.includes(tag) || data['id'] === 'good'),
    [],
  );
});
