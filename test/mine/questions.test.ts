import test, { type ExecutionContext } from 'ava';
import { systemClock, type Clock } from '../../lib/clock.ts';
import type { JsonMap } from '../../lib/json.ts';
import { mineDesk } from '../../master/mine/questions.ts';
import { mineReader, type MineReader } from '../../master/mine/reader.ts';
import { mineAtMaster } from '../../minion/mine/at-master.ts';
import { encodeJson } from '../../wire/codec.ts';
import { applicant, books } from '../master/books.ts';

/** The mine of minions whose keys are accepted, as each of them has it; only the wire between is left out. */
async function world(t: ExecutionContext, ...ids: string[]) {
  const { keys, mine: book } = await books(t);
  const facts = { grains: () => undefined, pillar: () => undefined };
  const reader = mineReader({ book, keys, facts, nodegroups: {}, rules: undefined });
  // Nothing else keeps the process of a test.
  const clock: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms, callback, true) };
  const desk = mineDesk({ book, reader, keys, clock });
  const asked: string[] = [];
  const minions = new Map<string, ReturnType<typeof mineAtMaster>>();
  for (const id of ids) {
    const one = applicant(id);
    keys.admit(one);
    await keys.accept(id);
    const ask = async (question: string, body: JsonMap): Promise<JsonMap> => {
      asked.push(`${id} ${question}`);
      const answer = desk.questions[question];
      if (!answer) throw new RangeError(question);
      return answer({ id, fingerprint: one.fingerprint }, body);
    };
    minions.set(id, mineAtMaster(ask));
  }
  const mineOf = (id: string): ReturnType<typeof mineAtMaster> => {
    const found = minions.get(id);
    if (!found) throw new RangeError(id);
    return found;
  };
  return { keys, book, desk, asked, mineOf };
}

const all = { tgt: '*', tgt_type: 'glob' };

test('mine questions: what is told and asked, page after page, is all there in the order of ids', async (t) => {
  const ids = ['a', 'b', 'c', 'd'];
  const { mineOf, desk, asked } = await world(t, ...ids);
  await Promise.all(ids.map((id) => mineOf(id).tell({ x: { value: id.repeat(100_000) }, y: { value: id } }, false)));
  const answer = await mineOf('b').ask({ ...all, names: ['x', 'y', 'z'] });
  t.deepEqual(Object.keys(answer['x'] ?? {}), ids);
  t.deepEqual(answer['y'], { a: 'a', b: 'b', c: 'c', d: 'd' });
  t.is(answer['z'], undefined);
  t.is(asked.filter((one) => one === 'b mine.ask').length, 3);

  await mineOf('a').forget('y');
  await mineOf('b').forgetAll();
  await mineOf('c').tell({ y: { value: null } }, true);
  t.deepEqual(await mineOf('d').ask({ ...all, names: ['y'] }), { y: { c: null, d: 'd' } });
  t.deepEqual(await mineOf('d').ask({ tgt: 'a,b,c', tgt_type: 'list', names: ['y', 'y'] }), { y: { c: null } });
  t.like(desk.stats(), { told: 5, forgotten: 2, refused: 0, waiting: 0 });
});

test('mine questions: of very many minions with short answers, a page is no longer than a message', async (t) => {
  const { keys, mine: book } = await books(t);
  const ids = Array.from({ length: 30_000 }, (_, i) => `m${String(i).padStart(119, '0')}`);
  const reader: MineReader = {
    *read(_, __, after = '') {
      for (const id of ids) if (id > after) yield { id, values: [['x', 1]] };
    },
    all: () => [],
    check: () => {},
    told: () => {},
  };
  const desk = mineDesk({
    book,
    reader,
    keys,
    clock: { ...systemClock, after: (_, callback) => (callback(), () => {}) },
  });
  const ask = async (question: string, body: JsonMap): Promise<JsonMap> => {
    const page = (await desk.questions[question]?.({ id: 'm', fingerprint: 'f' }, body)) ?? {};
    t.notThrows(() => encodeJson(page));
    return page;
  };
  const { x = {} } = await mineAtMaster(ask).ask({ ...all, names: ['x'] });
  t.deepEqual(Object.keys(x), ids);
});

test('mine questions: a minion whose key goes while it waits for its turn, tells nothing any more', async (t) => {
  const { mineOf, keys, book, desk } = await world(t, 'a');
  const told = [1, 2, 3].map((value) => mineOf('a').tell({ [`x${value}`]: { value } }, false));
  await told[0];
  await keys.delete('a');
  const ends = await Promise.allSettled(told);
  t.is(ends.at(-1)?.status, 'rejected');
  t.regex(
    JSON.stringify(ends.map((end) => (end.status === 'rejected' ? String(end.reason) : ''))),
    /not accepted any more/,
  );
  t.deepEqual([...book.tellers()], []);
  t.true(desk.stats().refused > 0);
});

test('mine questions: what has no shape, or too much of it, is refused', async (t) => {
  const { desk, book } = await world(t, 'a');
  const teller = { id: 'a', fingerprint: 'f' };
  const ask = (question: string, body: JsonMap) => desk.questions[question]?.(teller, body) ?? Promise.resolve({});
  const question = { ...all, names: ['x'], after: '' };
  for (const [body, message] of [
    [{ ...question, names: Array.from({ length: 101 }, String) }, /101 entries: more than 100/],
    [{ ...question, tgt: 'x'.repeat(70_000) }, /a target of 70000 characters/],
    [{ ...question, tgt_type: 'glob or so' }, /no way to choose minions/],
    [{ ...question, tgt: '(', tgt_type: 'pcre' }, /not a regular expression/],
    [{ ...question, tgt: `${'('.repeat(20_000)}${')'.repeat(20_000)}`, tgt_type: 'compound' }, /nested too deeply/],
    [{}, /no way to choose minions/],
  ] as const)
    await t.throwsAsync(ask('mine.ask', body as unknown as JsonMap), { message });
  t.deepEqual([...book.tellers()], []);
});
