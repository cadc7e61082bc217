import test from 'ava';
import fc from 'fast-check';
import { minionEvent, startEvent } from '../../lib/salt-events.ts';
import { refusalOfTag } from '../../lib/tags.ts';

test('tags: a minion fires what it likes, but for the tags of the master and of other minions', (t) => {
  for (const tag of ['collector/result', 'my/salt/thing', 'saltine', 'salt/beacon/web1/load/', 'tsalts/x']) {
    t.is(refusalOfTag(tag, 'web1'), undefined, tag);
  }
  for (const tag of [
    'salt/auth',
    'salt',
    'salt/minion/web1/start',
    'salt/job/20260101000000000000/ret/web1',
    'salt/beacon/web2/load/',
    'salt/beacon/web1',
    'salt/beacon/web1/',
    'tsalt/instance/web1/ready',
    'tsalt',
  ]) {
    t.regex(refusalOfTag(tag, 'web1') ?? '', /are the master's/, tag);
  }
  t.regex(refusalOfTag('has blank', 'web1') ?? '', /not a tag/);
});

test('tags: whatever follows salt/ or tsalt/, a minion gets only its own beacons through', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('salt/', 'tsalt/'),
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `beacon/web1/${text}`),
      ),
      (start, rest) => {
        const tag = start + rest;
        if (refusalOfTag(tag, 'web1') === undefined) t.regex(tag, /^salt\/beacon\/web1\/./);
        else t.false(tag.startsWith('salt/beacon/web1/') && /^[a-z]+$/.test(rest.slice(12)));
      },
    ),
  );
});

test('salt events: they have the fields of Salt, and the id is never the sender’s word', (t) => {
  const now = Date.UTC(2026, 0, 3, 4, 5, 6, 789);
  t.deepEqual(startEvent('web1', now), {
    tag: 'salt/minion/web1/start',
    data: {
      id: 'web1',
      cmd: '_minion_event',
      pretag: null,
      tag: 'salt/minion/web1/start',
      data: 'Minion web1 started at Sat Jan  3 04:05:06 2026',
      ts: 1_767_413_106,
    },
  });
  t.like(minionEvent('web1', 'my/tag', { id: 'web2' }, now), {
    tag: 'my/tag',
    data: { id: 'web1', data: { id: 'web2' } },
  });
  t.deepEqual(minionEvent('web1', 'salt/beacon/web1/load/', { id: 'web2', '1m': 0.5 }, now).data, {
    id: 'web1',
    '1m': 0.5,
  });
});
