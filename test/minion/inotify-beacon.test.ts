import test from 'ava';
import type { Watching } from '../../lib/contracts/beacon.ts';
import type { JsonMap } from '../../lib/json.ts';
import { fakeMachine, startBeacon, told, type FakeMachine } from './beacon-kit.ts';

/** A tree with one directory below another. */
function tree(): FakeMachine {
  return fakeMachine({ '/srv/a': 'one', '/srv/sub/b': 'two', '/etc/motd': 'hello' });
}

const watch = async (machine: FakeMachine, path: string, options: JsonMap = {}) =>
  startBeacon('inotify', { files: { [path]: options } }, machine);

/** `IN_MODIFY /srv/a` of what one look tells. */
async function seen(watching: Awaited<ReturnType<typeof watch>>): Promise<string[]> {
  return (await told(watching)).map(([, data]) => {
    const { change = '', path = '' } = data as Record<string, string>;
    return `${change} ${path}`;
  });
}

test('inotify, a directory: what is made, written and removed in it', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/srv');
  t.deepEqual(await told(watching), []);
  machine.write('/srv/a', 'other');
  machine.write('/srv/new', 'text');
  machine.write('/srv/empty', '');
  machine.mkdir('/srv/folder');
  machine.write('/srv/sub/b', 'unseen');
  t.deepEqual(await told(watching), [
    ['/srv', { path: '/srv/a', change: 'IN_MODIFY' }],
    ['/srv', { path: '/srv/new', change: 'IN_CREATE' }],
    ['/srv', { path: '/srv/new', change: 'IN_MODIFY' }],
    ['/srv', { path: '/srv/empty', change: 'IN_CREATE' }],
    ['/srv', { path: '/srv/folder', change: 'IN_CREATE|IN_ISDIR' }],
  ]);
  machine.remove('/srv/a');
  machine.write('/srv/gone', 'x');
  machine.remove('/srv/gone');
  t.deepEqual(await seen(watching), ['IN_DELETE /srv/a']);
  t.deepEqual(await seen(watching), []);
});

test('inotify, a mask: only that; what moves has another word', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/srv', { mask: ['attrib', 'moved_from', 'moved_to', 'close_write'] });
  machine.touch('/srv/a', {});
  t.deepEqual(await seen(watching), ['IN_ATTRIB /srv/a']);
  machine.move('/srv/a', '/srv/c');
  t.deepEqual(await seen(watching), ['IN_MOVED_FROM /srv/a', 'IN_MOVED_TO /srv/c']);
  machine.write('/srv/c', 'more');
  t.deepEqual(await seen(watching), [], 'it may be written on');
  machine.write('/srv/c', 'even more');
  t.deepEqual(await seen(watching), []);
  t.deepEqual(await seen(watching), ['IN_CLOSE_WRITE /srv/c']);
  t.deepEqual(await seen(watching), []);
});

test('inotify, a file that is put in the place of another: its content has changed', async (t) => {
  for (const [mask, word] of [
    [['create', 'modify'], 'IN_MODIFY'],
    [['modify', 'moved_to'], 'IN_MOVED_TO'],
  ] as const) {
    const machine = tree();
    const watching = await watch(machine, '/srv', { mask: [...mask] });
    machine.write('/srv/.a.new', 'x');
    machine.remove('/srv/a');
    machine.move('/srv/.a.new', '/srv/a');
    t.deepEqual(await seen(watching), [`${word} /srv/a`]);
  }
});

test('inotify, recurse and auto_add: the directories below, and new ones with what is in them', async (t) => {
  const machine = tree();
  const plain = await watch(machine, '/srv', { recurse: true });
  machine.write('/srv/sub/b', 'other');
  machine.mkdir('/srv/late');
  t.deepEqual(await seen(plain), ['IN_MODIFY /srv/sub/b', 'IN_CREATE|IN_ISDIR /srv/late']);
  machine.write('/srv/late/x', 'x');
  t.deepEqual(await seen(plain), []);
  plain.close?.();
  t.is(machine.watched.size, 0);

  const adding = await watch(machine, '/srv', { recurse: true, auto_add: true });
  machine.mkdir('/srv/later');
  machine.mkdir('/srv/later/in');
  machine.write('/srv/later/in/y', 'y');
  t.deepEqual(await seen(adding), [
    'IN_CREATE|IN_ISDIR /srv/later',
    'IN_CREATE|IN_ISDIR /srv/later/in',
    'IN_CREATE /srv/later/in/y',
  ]);
  machine.write('/srv/later/in/y', 'z');
  t.deepEqual(await seen(adding), ['IN_MODIFY /srv/later/in/y']);
  machine.remove('/srv/later');
  t.deepEqual(await seen(adding), ['IN_DELETE|IN_ISDIR /srv/later']);
  t.deepEqual([...machine.watched.keys()].sort(), ['/srv', '/srv/late', '/srv/sub']);
});

test('inotify, exclude: paths, paths with *, patterns', async (t) => {
  const machine = tree();
  const exclude = ['/srv/sub', '/srv/*.log', { '\\.sw[px]$': { regex: true } }, { '/srv/x': { regex: false } }];
  const watching = await watch(machine, '/srv', { recurse: true, exclude });
  for (const name of ['sub/b', 'a.log', '.a.swp', 'xyz', 'kept']) machine.write(`/srv/${name}`, '');
  t.deepEqual(await seen(watching), ['IN_CREATE /srv/kept']);
  t.false(machine.watched.has('/srv/sub'));
});

test('inotify, a single file: written, put in its place, removed, made again', async (t) => {
  const machine = tree();
  const mask = ['create', 'delete_self', 'modify'];
  const watching = await watch(machine, '/etc/motd', { mask });
  machine.write('/etc/other', 'x');
  machine.write('/etc/motd', 'bye');
  t.deepEqual(await told(watching), [['/etc/motd', { path: '/etc/motd', change: 'IN_MODIFY' }]]);
  machine.write('/etc/.new', 'x');
  machine.remove('/etc/motd');
  machine.move('/etc/.new', '/etc/motd');
  t.deepEqual(await seen(watching), ['IN_MODIFY /etc/motd']);
  machine.remove('/etc/motd');
  t.deepEqual(await seen(watching), ['IN_DELETE_SELF /etc/motd']);
  machine.write('/etc/motd', 'again');
  t.deepEqual(await seen(watching), ['IN_CREATE /etc/motd', 'IN_MODIFY /etc/motd']);
});

test('inotify, a single file behind a link: what is written where the link leads to is told, but not what states did', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/etc/motd');
  t.deepEqual(await seen(watching), []);
  // The kernel tells nothing: that file is in another directory.
  const write = (mtimeMs: number): void => {
    const file = machine.files.get('/etc/motd');
    if (file) file.facts = { ...file.facts, mtimeMs };
  };
  write(50);
  t.deepEqual(await seen(watching), ['IN_MODIFY /etc/motd']);
  t.deepEqual(await seen(watching), []);
  const looked = machine.clock.now();
  machine.clock.advance(2000);
  machine.isOwn = (_, from, to) => from <= looked && to >= looked + 2000;
  write(60);
  t.deepEqual(await seen(watching), []);
  machine.isOwn = () => false;
  t.deepEqual(await seen(watching), []);
  machine.files.delete('/etc/motd');
  t.deepEqual(await seen(watching), ['IN_DELETE /etc/motd']);
  t.deepEqual(await seen(watching), []);
});

test('inotify, a place that is not there: is watched when it is; one that goes away is told', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/opt/app', { mask: ['create', 'delete_self'] });
  t.deepEqual(await seen(watching), []);
  machine.mkdir('/opt');
  machine.mkdir('/opt/app');
  t.deepEqual(await seen(watching), []);
  machine.write('/opt/app/x', '');
  t.deepEqual(await seen(watching), ['IN_CREATE /opt/app/x']);
  machine.remove('/opt/app');
  t.deepEqual(await seen(watching), ['IN_DELETE_SELF|IN_ISDIR /opt/app']);
});

test('inotify, what a state run did: is known afterwards, and not told', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/srv', { mask: ['modify', 'close_write', 'create'] });
  const asked: [unknown, number, number][] = [];
  machine.isOwn = (what, from, to) => {
    asked.push([what, from, to]);
    return 'path' in what && what.path === '/srv/a';
  };
  const now = machine.clock.now();
  machine.write('/srv/a', 'by a state');
  machine.clock.advance(300);
  machine.write('/srv/a', 'by a state again');
  machine.write('/srv/b', '');
  machine.clock.advance(700);
  t.deepEqual(await seen(watching), ['IN_CREATE /srv/b']);
  t.deepEqual(asked[0], [{ path: '/srv/a', is: machine.look('/srv/a') }, now, now + 300]);
  machine.isOwn = () => false;
  t.deepEqual(await seen(watching), []);
  machine.write('/srv/a', 'by somebody');
  t.deepEqual(await seen(watching), ['IN_MODIFY /srv/a']);
});

test('inotify, names that the kernel lost: that is told, and it begins anew', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/srv');
  machine.write('/srv/a', 'x');
  machine.lose('/srv');
  t.deepEqual(await told(watching), [['/srv', { path: '/srv', change: 'IN_Q_OVERFLOW' }]]);
  t.deepEqual(await told(watching), []);
  machine.write('/srv/a', 'y');
  t.deepEqual(await seen(watching), ['IN_MODIFY /srv/a']);
});

/** As many files as may be known, and `more`. */
function fill(machine: FakeMachine, more: number): void {
  const facts = { isDirectory: false, identity: 'many', size: 0, mtimeMs: 1, ctimeMs: 1 };
  for (let n = 0; n < 100_000 + more; n++) machine.files.set(`/many/${n}`, { text: '', facts });
}

test('inotify, more files than may be known: nothing is left watched, and all are watched once they fit', async (t) => {
  const machine = fakeMachine({ '/few/a': '' });
  machine.mkdir('/many');
  fill(machine, 1);
  const start = (): Promise<Watching> => startBeacon('inotify', { files: { '/few': {}, '/many': {} } }, machine);
  await t.throwsAsync(start(), { code: 'TS_BEACON_TOO_MUCH' });
  t.deepEqual([...machine.watched.keys()], []);
  machine.remove('/many/100000');
  const watching = await start();
  machine.files.delete('/many/1');
  fill(machine, 1);
  machine.lose('/many');
  machine.write('/few/a', 'x');
  t.deepEqual(await seen(watching), ['IN_MODIFY /few/a'], 'what another place has to tell is told first');
  await t.throwsAsync(told(watching), { code: 'TS_BEACON_TOO_MUCH' });
  await t.throwsAsync(told(watching), { code: 'TS_BEACON_TOO_MUCH' }, 'it watches some alone');
  machine.remove('/many/100000');
  t.deepEqual(await told(watching), [['/many', { path: '/many', change: 'IN_Q_OVERFLOW' }]]);
  machine.write('/many/99999', 'x');
  t.deepEqual(await seen(watching), ['IN_MODIFY /many/99999']);
});

test('inotify, a new directory that is gone before it is read: what else has changed is told', async (t) => {
  const machine = tree();
  const watching = await watch(machine, '/srv', { recurse: true, auto_add: true });
  machine.mkdir('/srv/new');
  machine.write('/srv/a', 'x and y');
  const { list } = machine;
  Object.assign(machine, {
    list: () => {
      throw new Error('ENOENT');
    },
  });
  const found = await seen(watching);
  t.true(found.includes('IN_MODIFY /srv/a'), String(found));
  Object.assign(machine, { list });
  t.deepEqual(await seen(watching), ['IN_Q_OVERFLOW /srv']);
  machine.write('/srv/new/b', 'x');
  t.true((await seen(watching)).includes('IN_CREATE /srv/new/b'));
});
