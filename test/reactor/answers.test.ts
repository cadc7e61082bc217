import test from 'ava';
import type { Reactor } from '../../lib/contracts/reactor.ts';
import type { JsonMap } from '../../lib/json.ts';
import { openLedger } from '../../master/reactor/ledger.ts';
import type { Position } from '../../master/reactor/position.ts';
import type { ReactionStore } from '../../master/reactor/types.ts';
import { openJournal } from '../../store/journal.ts';
import { folder } from '../store/folder.ts';
import { fileStore, reactorOf, recordOf, rig, until } from './kit.ts';

/* The answers of `once`: in the ledger over a real journal, and what they cost the deliveries of a reactor. */

const journalIn = (directory: string) => openJournal({ directory, now: () => 0, segmentBytes: 100_000 });

const answersIn = ({ open }: Position) =>
  [...open].flatMap(([event, { memos }]) => [...memos].map(([key, { json }]) => `${event} ${key} ${json}`));

/** What the next master knows from what is in the directory. */
async function answersAfterRestart(directory: string): Promise<string[]> {
  const journal = await journalIn(directory);
  const position = (await openLedger({ store: journal })).position('r', 0);
  await journal.close();
  const all = [...position.open.values()].flatMap(({ memos }) => [...memos.values()]);
  if (position.answerBytes !== all.reduce((sum, { bytes }) => sum + bytes, 0)) throw new Error('counted wrongly');
  return answersIn(position);
}

test('a restart: answers from before the last mark are known while their delivery is open, and only then', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  const ledger = await openLedger({ store: journal });
  ledger.position('r', 0);
  for (const event of [1, 2, 3]) await ledger.remember('r', event, 'key', { event });
  ledger.record(recordOf(1, 'ran'));
  await ledger.checkpoint();
  await ledger.remember('r', 3, 'other', null);
  await ledger.checkpoint();
  ledger.record(recordOf(2, 'retrying'));
  await ledger.remember('r', 4, 'key', 'new');
  await ledger.checkpoint();
  ledger.record(recordOf(4, 'dead'));
  ledger.revive('r', 4);
  await journal.close();
  t.deepEqual(await answersAfterRestart(directory), ['2 key {"event":2}', '3 key {"event":3}', '3 other null']);
});

test('100,000 small answers: every checkpoint is written, and a restart knows all of them', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  const ledger = await openLedger({ store: journal });
  const position = ledger.position('r', 0);
  const each = [...Array(100_000).keys()];
  await Promise.all(each.map((n) => ledger.remember('r', n % 1_000, `${n}`, n)));
  for (let round = 0; round < 25; round++) await ledger.checkpoint();
  const answers = answersIn(position);
  t.is(answers.length, 100_000);
  await journal.close();
  t.deepEqual((await answersAfterRestart(directory)).sort(), answers.sort());
});

test('many long answers: little is written at a time, each once for twenty checkpoints, and the log stays short', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  const appends: (readonly JsonMap[])[] = [];
  const store: ReactionStore = {
    ...journal,
    append(...records) {
      appends.push(records);
      return journal.append(...records);
    },
  };
  const ledger = await openLedger({ store });
  const position = ledger.position('r', 0);
  for (let event = 1; event <= 50; event++) await ledger.remember('r', event, 'key', 'a'.repeat(200_000));
  for (let event = 1_000; event < 1_100; event++) {
    ledger.record(recordOf(event, 'ran'));
    await ledger.checkpoint();
  }
  const longest = Math.max(...appends.map((records) => JSON.stringify(records).length));
  t.true(longest < 1_300_000, `${longest} bytes at once`);
  const memos = appends.flat().filter((record) => record['t'] === 'memo');
  t.true(memos.length <= 6 * 50, `${memos.length} answers written`);
  const { bytes } = journal.stats();
  t.true(bytes < 21_000_000, `${bytes} bytes on disk`);
  await journal.close();
  t.deepEqual(await answersAfterRestart(directory), answersIn(position));
});

test('a kill between writing answers again and trimming: they were on disk again before, and are known once', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  const again: number[] = [];
  const store: ReactionStore = {
    ...journal,
    async trim(edge) {
      for await (const { position, record } of journal.replay())
        if (record['t'] === 'memo' && position > edge) again.push(Number(record['e']));
      throw new Error('killed');
    },
  };
  const ledger = await openLedger({ store });
  const position = ledger.position('r', 0);
  for (let event = 1; event <= 30; event++) await ledger.remember('r', event, 'key', `${event}`.padEnd(100_000));
  for (let round = 1; round <= 20; round++) await ledger.checkpoint();
  t.deepEqual(again, []);
  await t.throwsAsync(ledger.checkpoint(), { message: 'killed' });
  t.deepEqual(
    again,
    Array.from({ length: 30 }, (_, n) => n + 1),
  );
  await journal.close();
  t.deepEqual(await answersAfterRestart(directory), answersIn(position));
});

test('a delivery that ends while its answers are written again: a restart does not know them', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  const ledger = await openLedger({
    store: {
      ...journal,
      append(...records) {
        const written = journal.append(...records);
        if (records.length === 2) ledger.record(recordOf(1, 'ran'));
        return written;
      },
    },
  });
  ledger.position('r', 0);
  for (const event of [1, 2]) await ledger.remember('r', event, 'key', event);
  for (let round = 0; round < 30; round++) await ledger.checkpoint();
  await journal.close();
  t.deepEqual(await answersAfterRestart(directory), ['2 key 2']);
});

test('checkpoints at once: answers are written again by one of them', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  let memos = 0;
  const ledger = await openLedger({
    store: {
      ...journal,
      append(...records) {
        memos += records.filter((record) => record['t'] === 'memo').length;
        return journal.append(...records);
      },
    },
  });
  const position = ledger.position('r', 0);
  for (let event = 1; event <= 20; event++) await ledger.remember('r', event, 'key', 'a'.repeat(100_000));
  for (let round = 1; round <= 15; round++) await Promise.all([ledger.checkpoint(), ledger.checkpoint()]);
  t.is(memos, 2 * 20);
  await journal.close();
  t.deepEqual(await answersAfterRestart(directory), answersIn(position));
});

test('marks and answers of earlier versions: they are read, and outlive their trimming', async (t) => {
  const directory = folder(t);
  const journal = await journalIn(directory);
  await journal.append(
    {
      t: 'mark',
      units: [
        [
          'r',
          9,
          [
            [3, 1, [['in the mark', [1]]]],
            [4, 0],
            [5, 2],
          ],
        ],
      ],
      dead: [],
    },
    { t: 'memo', r: 'r', e: 4, k: 'after it', v: { a: 'b' } },
  );
  const ledger = await openLedger({ store: journal });
  const padding = 'a'.repeat(10_000);
  for (let event = 10; event < 50; event++) {
    ledger.record({ ...recordOf(event, 'ran'), reason: padding });
    await ledger.checkpoint();
  }
  for await (const { position } of journal.replay()) {
    t.true(position > 2, 'they were trimmed');
    break;
  }
  await journal.close();
  t.deepEqual(await answersAfterRestart(directory), ['3 in the mark [1]', '4 after it {"a":"b"}']);
});

test('an answer that could not be stored: it is not known, and takes no room', async (t) => {
  const kept = fileStore('');
  let isFull = true;
  const ledger = await openLedger({
    store: { ...kept, append: (...records) => (isFull ? Promise.reject(new Error('full')) : kept.append(...records)) },
  });
  const position = ledger.position('r', 0);
  await t.throwsAsync(ledger.remember('r', 1, 'key', 'a'.repeat(200_000)), { message: 'full' });
  t.deepEqual([answersIn(position), position.answerBytes], [[], 0]);
  isFull = false;
  await ledger.remember('r', 1, 'key', 'b'.repeat(200_000));
  t.is(answersIn(position).length, 1);
});

test('an answer on its way to the disk: an attempt that finds it waits, and where it fails the work is done again', async (t) => {
  const kept = fileStore('');
  const held: (() => void)[] = [];
  const store: ReactionStore = {
    ...kept,
    append: (...records) =>
      records[0]?.['t'] === 'memo' && held.length === 0
        ? new Promise((_, reject) => held.push(() => reject(new Error('the disk is gone'))))
        : kept.append(...records),
  };
  let done = 0;
  const used: number[] = [];
  const naming: Reactor = {
    ...reactorOf(async (_, context) => {
      used.push(await context.once('name', async () => ++done));
    }),
    timeoutMs: 50,
    retry: { firstMs: 1, longestMs: 5, tries: 1000 },
  };
  const { engine, events } = await rig({ x: ['naming'] }, { reactors: { naming }, store });
  await events.fire({ tag: 'x', data: {} });
  await until(async () => ((await engine.why(1))[0]?.attempts ?? 0) >= 2);
  t.deepEqual(used, [], 'nobody goes on with what may be lost');
  for (const fail of held) fail();
  await until(async () => (await engine.why(1))[0]?.decision === 'ran');
  t.deepEqual([used, done], [[2], 2]);
  await engine.stop();
});

test('an answer that is asked for twice at once: the work is done once, and the answer counted once', async (t) => {
  let done = 0;
  const asking = reactorOf(async (_, context) => {
    const ask = () => context.once('facts', async () => `${++done}`.padEnd(150_000));
    const [one, other] = await Promise.all([ask(), ask()]);
    t.is(one, other);
  });
  const { engine, events } = await rig({ x: ['asking'] }, { reactors: { asking } });
  await events.fire({ tag: 'x', data: {} });
  await until(async () => (await engine.why(1))[0]?.decision === 'ran');
  t.is(done, 1);
  await engine.stop();
});

test('an answer that is too long to keep: the reaction has failed, says how much may be, and is not done again', async (t) => {
  let done = 0;
  const long = reactorOf(async (_, context) => {
    await context.once('report', async () => `${++done} ${'a'.repeat(300_000)}`);
  });
  const { engine, events } = await rig({ x: ['long'] }, { reactors: { long } });
  await events.fire({ tag: 'x', data: {} });
  await until(async () => (await engine.why(1))[0]?.decision === 'failed');
  t.regex(
    (await engine.why(1))[0]?.error ?? '',
    /'report' .* take 300\d{3} bytes, of at most 262144: keep what is long/,
  );
  t.is(done, 1);
  await engine.stop();
});

test('answers of one reaction that are too many: it has failed for good instead of waiting for itself', async (t) => {
  let done = 0;
  const many = reactorOf(async (_, context) => {
    for (let n = 1; n <= 40; n++) await context.once(`part ${n}`, async () => `${++done}`.padEnd(100_000));
  });
  const { engine, events } = await rig({ x: ['many'] }, { reactors: { many } });
  await events.fire({ tag: 'x', data: {} });
  await until(async () => (await engine.why(1))[0]?.decision === 'failed');
  t.regex((await engine.why(1))[0]?.error ?? '', /'part 3' the answers of this reaction take 300\d{3} bytes/);
  t.is(done, 3);
  await engine.stop();
});

test('many reactions that each need another answer: none waits for the answers of the others', async (t) => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let holding = 0;
  const holds = reactorOf(async (_, context) => {
    await context.once('a', async () => 'a'.repeat(250_000));
    holding++;
    await released;
    await context.once('b', async () => 'small');
  });
  const { engine, events } = await rig({ x: ['holds'] }, { reactors: { holds } });
  for (let id = 1; id <= 40; id++) await events.fire({ tag: 'x', data: { id: `w${id}` } });
  await until(() => holding === 40);
  release();
  await until(() => engine.list()[0]?.counters['ran'] === 40);
  t.is(engine.list()[0]?.counters['retries'], 0);
  await engine.stop();
});

test('reactions with long answers that fail: those that wait have 8 MiB, the others keep their places, and all end', async (t) => {
  let broken = true;
  let answered = 0;
  const react: Reactor['react'] = async (_, context) => {
    await context.once('report', async () => `${++answered}`.padEnd(250_000));
    if (broken) throw new Error('not yet');
  };
  const fails = reactorOf(react, { retry: { tries: 100_000, firstMs: 1, longestMs: 5 }, atOnce: 10 });
  const { engine, events } = await rig({ x: ['fails'] }, { reactors: { fails } });
  for (let id = 1; id <= 60; id++) await events.fire({ tag: 'x', data: { id: `w${id}` } });
  await until(() => answered > 33);
  const retries = () => Number(engine.list()[0]?.counters['retries']);
  const before = retries();
  await until(() => retries() > before + 200);
  t.true(answered <= 33 + 10, `${answered} have answers`);
  broken = false;
  await until(() => engine.list()[0]?.counters['open'] === 0);
  t.is(answered, 60);
  t.deepEqual(engine.deadLetters(), []);
  await engine.stop();
});
