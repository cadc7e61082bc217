import test, { type ExecutionContext } from 'ava';
import type { MineEntry } from '../../lib/contracts/mine.ts';
import type { JsonMap } from '../../lib/json.ts';
import { answerShape, gathering, namesOf } from '../../lib/mine/names.ts';
import type { MineRule } from '../../lib/mine/access.ts';
import { mineReader } from '../../master/mine/reader.ts';
import { turns } from '../../master/mine/turns.ts';
import { fakeClock } from '../kit/clock.ts';
import { applicant, books } from '../master/books.ts';

interface Known {
  readonly grains?: JsonMap;
  readonly pillar?: JsonMap;
}

/** Accepted minions, what is known of them, and one entry of the first of them. */
async function world(t: ExecutionContext, known: Readonly<Record<string, Known>>, rules?: readonly MineRule[]) {
  const { keys, mine: book } = await books(t);
  const fingerprints: Record<string, string> = {};
  for (const id of Object.keys(known)) {
    const one = applicant(id);
    fingerprints[id] = one.fingerprint;
    keys.admit(one);
    await keys.accept(id);
  }
  const facts = {
    grains: (id: string) => known[id]?.grains,
    pillar: (id: string) => known[id]?.pillar,
  };
  const reader = mineReader({ book, keys, facts, nodegroups: { front: 'G@role:lb', self: 'lb1' }, rules });
  return {
    book,
    keys,
    reader,
    tell: (id: string, entries: Record<string, MineEntry>) =>
      book.tell({ id, fingerprint: fingerprints[id] ?? '' }, entries, false),
    read: (asker: string | undefined, tgt = '*', tgt_type = 'glob', name = 'x') =>
      [...reader.read({ tgt, tgt_type, names: [name] }, asker)].map(({ id }) => id),
  };
}

const minions = {
  web1: { grains: { role: 'web', ipv4: ['10.0.0.1'] }, pillar: { password: 'tiger', tier: 'back' } },
  lb1: { grains: { role: 'lb' }, pillar: { tier: 'front' } },
  new1: {},
};

test('mine reader: a minion of which nothing is known is meant by no grain, by no pillar, and by the opposite of none', async (t) => {
  const { tell, read } = await world(t, minions);
  for (const id of Object.keys(minions)) await tell(id, { x: { value: id } });
  t.deepEqual(read('lb1'), ['lb1', 'new1', 'web1']);
  t.deepEqual(read('lb1', 'role:web', 'grain'), ['web1']);
  t.deepEqual(read('lb1', 'not G@role:web', 'compound'), ['lb1']);
  t.deepEqual(read('lb1', '10.0.0.0/8', 'ipcidr'), ['web1']);
  t.deepEqual(read('lb1', 'front', 'nodegroup'), ['lb1']);
  t.deepEqual(read('lb1', 'not N@front', 'compound'), ['web1']);
});

test('mine reader: a minion of which nothing is known may read what is for no grain, and not for the opposite of one', async (t) => {
  const { tell, read } = await world(t, minions);
  const readers = async (tgt: string, tgt_type: string): Promise<string[]> => {
    await tell('web1', { x: { value: 1, allow: { tgt, tgt_type } } });
    return Object.keys(minions).filter((id) => read(id).length === 1);
  };
  t.deepEqual(await readers('role:lb', 'grain'), ['lb1']);
  t.deepEqual(await readers('not G@role:web', 'compound'), ['lb1']);
  t.deepEqual(await readers('tier:front', 'pillar'), ['lb1']);
  t.deepEqual(await readers('not I@tier:back', 'compound'), ['lb1']);
  t.deepEqual(await readers('gone', 'nodegroup'), []);
  t.deepEqual(await readers('*', 'glob'), ['web1', 'lb1', 'new1']);
  t.deepEqual(read(undefined), ['web1'], 'the master reads all');
});

test("mine reader: another's pillar can't be guessed piece by piece, by whatever type of target", async (t) => {
  const { tell, read } = await world(t, minions);
  await tell('web1', { x: { value: 1 } });
  for (const [tgt, type] of [
    ['password:t*', 'pillar'],
    ['password:t.*', 'pillar_pcre'],
    ['I@password:tige?', 'compound'],
    ['J@password:tige.', 'compound'],
  ] as const) {
    t.deepEqual(read('lb1', tgt, type), [], `${type} ${tgt}`);
    t.deepEqual(read(undefined, tgt, type), ['web1'], `${type} ${tgt}, for the master's own people`);
  }
  t.deepEqual(read('lb1', 'I@password:tiger', 'compound'), ['web1'], 'as Salt has it');
});

test('mine reader: rules go by what is known; who or what is unknown is in none', async (t) => {
  const rule = (who: string, may: string, of = '*') => ({ who, may: [may], of });
  const readers = async (...rules: MineRule[]): Promise<string[]> => {
    const { tell, read } = await world(t, minions, rules);
    await tell('web1', { x: { value: 1 } });
    await tell('new1', { x: { value: 1 } });
    return Object.keys(minions).map((id) => `${id}: ${read(id).join(' ')}`);
  };
  t.deepEqual(await readers(), ['web1: ', 'lb1: ', 'new1: ']);
  t.deepEqual(await readers(rule('G@role:lb', '*')), ['web1: ', 'lb1: new1 web1', 'new1: ']);
  t.deepEqual(await readers(rule('not G@role:lb', 'x')), ['web1: new1 web1', 'lb1: ', 'new1: ']);
  t.deepEqual(await readers(rule('*', 'y')), ['web1: ', 'lb1: ', 'new1: ']);
  t.deepEqual(await readers(rule('lb*', '[xy]', 'not G@role:db')), ['web1: ', 'lb1: web1', 'new1: ']);
  t.deepEqual(await readers(rule('N@self', 'x', 'new*'), rule('new1', 'x', 'G@role:web')), [
    'web1: ',
    'lb1: new1',
    'new1: web1',
  ]);
});

test('mine reader: what was told with one key is not there for another, nor without one', async (t) => {
  const { book, keys, tell, read } = await world(t, minions);
  await tell('web1', { x: { value: 1 } });
  await book.tell({ id: 'lb1', fingerprint: 'of an old key' }, { x: { value: 1 } }, false);
  await book.tell({ id: 'stranger', fingerprint: 'none' }, { x: { value: 1 } }, false);
  t.deepEqual(read(undefined), ['web1']);
  await tell('lb1', { y: { value: 2 } });
  t.deepEqual(read(undefined), ['web1'], 'it begins with nothing');
  await keys.reject('web1', { from: ['accepted'] });
  t.deepEqual(read(undefined), []);
  await keys.delete('web1');
  t.deepEqual(
    [...book.tellers()].map(([id]) => id),
    ['lb1', 'stranger'],
  );
});

test('mine reader: a pattern without end is cut off; one in what may be read lets nobody read, until it is told anew', async (t) => {
  const long = 'a'.repeat(100);
  const { tell, read, reader } = await world(t, { ...minions, [long]: { grains: { role: long } } });
  await tell('web1', { x: { value: 1 } });
  await tell(long, { x: { value: 1 } });
  const endless = '(a+)+!';
  for (const [tgt, type] of [
    [endless, 'pcre'],
    [`E@${endless}`, 'compound'],
    [`role:${endless}`, 'grain_pcre'],
  ] as const)
    t.throws(() => read('lb1', tgt, type), { message: /more than 100 ms/ });
  t.deepEqual(read('lb1', '(a+)+', 'pcre'), [long]);

  for (const tgt of [`${'( '.repeat(9_000)}a*${' )'.repeat(9_000)}`, '(']) {
    await tell('web1', { x: { value: 1, allow: { tgt, tgt_type: 'compound' } } });
    t.deepEqual(read(long), [long], 'it is no hindrance to what others have told');
    reader.told('web1');
  }

  await tell('web1', { x: { value: 1, allow: { tgt: endless, tgt_type: 'pcre' } } });
  const from = process.cpuUsage();
  for (let times = 0; times < 100; times++) t.deepEqual(read(long, 'web*'), []);
  t.true(process.cpuUsage(from).user < 2_000_000, 'it was held against a minion once, not each time');
  await tell('web1', { x: { value: 1, allow: { tgt: 'a*', tgt_type: 'glob' } } });
  t.deepEqual(read(long, 'web*'), []);
  reader.told('web1');
  t.deepEqual(read(long, 'web*'), ['web1']);
});

test('mine book: of one minion so many bytes are kept; what does not fit changes nothing, what is the same is not written', async (t) => {
  const { book } = await world(t, minions);
  const teller = { id: 'web1', fingerprint: 'f' };
  const tell = (bytes: number, name = 'x') => book.tell(teller, { [name]: { value: 'x'.repeat(bytes) } }, false);
  t.true((await tell(200_000)) > 200_000);
  t.is(await tell(200_000), 0);
  await t.throwsAsync(tell(100_000, 'y'), { code: 'TS_MINE_TOO_MUCH' });
  t.deepEqual(Object.keys([...book.tellers()][0]?.[1].entries ?? {}), ['x']);
  // Decided by what is on its way, too.
  const both = await Promise.allSettled([tell(30_000, 'y'), tell(50_000, 'z')]);
  t.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await book.tell(teller, { z: { value: 1 } }, true);
  t.deepEqual(Object.keys([...book.tellers()][0]?.[1].entries ?? {}), ['z']);
  await book.forget(teller, 'z');
  t.deepEqual([...book.tellers()], []);
});

test("mine: an entry may have a name that objects have, too; it is nobody else's", async (t) => {
  const { tell, reader, read } = await world(t, minions);
  await tell('web1', { constructor: { value: 1 }, toString: { value: 2 } });
  t.deepEqual(read('lb1', '*', 'glob', 'toString'), ['web1']);
  t.deepEqual(read('lb1', '*', 'glob', 'valueOf'), []);
  const found = gathering();
  for (const { id, values } of reader.read({ tgt: '*', tgt_type: 'glob', names: ['constructor', 'toString'] }))
    for (const [name, value] of values) found.add(name, id, value);
  t.deepEqual(Object.entries(found.answer()), [
    ['constructor', { web1: 1 }],
    ['toString', { web1: 2 }],
  ]);
  t.deepEqual(answerShape(found.answer(), namesOf('valueOf')), {});
  t.false(Object.hasOwn(Object, 'web1'));
});

test('mine book: many minions, are all found, in the order of their ids', async (t) => {
  const { book } = await world(t, minions);
  const ids = Array.from({ length: 250 }, (_, number) => `m${String(number).padStart(3, '0')}`);
  await Promise.all(ids.map((id) => book.tell({ id, fingerprint: 'f' }, { x: { value: id } }, false)));
  t.deepEqual(
    [...book.tellers()].map(([id]) => id),
    ids,
  );
  t.deepEqual(
    [...book.tellers('m248')].map(([id]) => id),
    ['m249'],
  );
});

test('mine turns: who costs much, waits nine times as long before the next turn; others do not', async (t) => {
  const clock = fakeClock();
  const inTurn = turns(clock).take;
  const done: string[] = [];
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  for (const name of ['a1', 'a2', 'b1'])
    void inTurn(name.slice(0, 1), (cost) => {
      cost(100);
      done.push(name);
    });
  await settled();
  t.deepEqual(done, ['a1', 'b1']);
  clock.advance(899);
  await settled();
  t.deepEqual(done, ['a1', 'b1']);
  clock.advance(1);
  await settled();
  t.deepEqual(done, ['a1', 'b1', 'a2']);
  await t.throwsAsync(
    inTurn('c', () => {
      throw new RangeError('bad');
    }),
    { message: 'bad' },
  );
  const next = inTurn('c', () => 1);
  clock.advance(0);
  t.is(await next, 1, 'what failed holds up nothing');
});
