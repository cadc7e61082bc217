import test from 'ava';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { Jobs } from '../../master/jobs/ledger.ts';
import { answersThatFit, shortText, withinRoom } from '../../master/orchestrate/gist.ts';
import { withReturns } from '../../master/orchestrate/minion-jobs.ts';

const MiB = 1024 * 1024;
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const where = 'the rest is elsewhere';

/** A state run of which `count` states have failed, with texts of `length` characters. */
const failedRun = (count: number, length: number, character = 'x'): JsonMap =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => {
      const text = character.repeat(length) + String(n);
      const facts = { __run_num__: n, __id__: text, __sls__: text, start_time: text, duration: text, name: text };
      return [`cmd_|-${text}_|-${text}_|-run`, { ...facts, result: false, comment: text, changes: {} }];
    }),
  );

/** What many minions returned, each in a job of its own. */
function returned(values: readonly Json[], most?: number) {
  const endings = values.map((_, n) => ({ jid: `job${n}`, id: `m${n}`, answered: true, success: true, retcode: 0 }));
  const jobs = {
    returnOf: (_: string, id: string) => Promise.resolve({ return: values[Number(id.slice(1))] ?? null }),
  };
  return withReturns(endings, jobs as unknown as Jobs, most);
}

test('gist: what there is room for is whole, a list of texts too', (t) => {
  const interfaces = ['eth0', 'eth1', 'eth2'];
  t.is(withinRoom(interfaces, 100, where), interfaces);
  t.deepEqual(withinRoom('x'.repeat(600), 700, where), 'x'.repeat(600));
});

test('gist: a list of texts that is cut says so', (t) => {
  const names = Array.from({ length: 10_000 }, (_, n) => `eth${n}`);
  t.deepEqual(withinRoom(names, 1000, where), [...names.slice(0, 20), `... (${where})`]);
  t.deepEqual(withinRoom([`line\n${'x'.repeat(MiB)}`], 1000, where), [`line\n${'x'.repeat(495)}... (${where})`]);
});

test('gist: half of a surrogate pair is not told', (t) => {
  t.is(shortText(`x${'\u{1f389}'.repeat(300)}`, where), `x${'\u{1f389}'.repeat(249)}... (${where})`);
});

test('gist: a state run is cut in all that its minion gave, and two states that begin alike stay apart', (t) => {
  const run = withinRoom(failedRun(30, 3 * 1024, '\u{1}'), 100_000, where) as JsonMap;
  t.true(bytesOf(run) <= 32 * 1024);
  const states = Object.values(withinRoom(failedRun(2, MiB), 100_000, where) as JsonMap);
  t.is(states.length, 2);
  for (const [n, state] of states.entries()) {
    const text = `${'x'.repeat(500)}...`;
    t.deepEqual(state, {
      __run_num__: n,
      __id__: text,
      __sls__: text,
      start_time: text,
      duration: text,
      result: false,
      name: text,
      comment: `${text} (${where})`,
      changes: {},
    });
  }
});

test('gist: of many states that failed it says how many are not told', (t) => {
  const run = withinRoom(failedRun(50, 30), 16_000, where) as Record<string, JsonMap>;
  const comments = Object.values(run).map(({ comment }) => comment);
  t.is(comments.length, 20);
  t.regex(JSON.stringify(comments.at(-1)), / \(and 30 more states have failed\)"$/);
});

test('gist: however little room there is, it is enough', (t) => {
  const values = [
    'x'.repeat(MiB),
    failedRun(30, 3000),
    [1, 'x'.repeat(MiB)],
    ['x'.repeat(MiB)],
    { a: 'x'.repeat(MiB) },
  ];
  for (const most of [64, 100, 300, 1000, 3000, 10_000, 100_000])
    for (const value of values) t.true(bytesOf(withinRoom(value, most, where)) <= most, `${most}`);
  const failed = withinRoom({ success: false, retcode: 3, text: 'x'.repeat(MiB) }, 64, where);
  t.deepEqual(failed, { success: false, retcode: 3, cut: '...' });
  t.deepEqual(withinRoom(failedRun(30, 3000), 64, where), {}, 'a state run stays one');
});

test('returns: where they come to more than there is room, each is cut once and names its own job', async (t) => {
  const values = ['a', ['eth0', 'eth1'], ...Array.from({ length: 4 }, () => 'x'.repeat(MiB))];
  const all = await returned(values, 2.5 * MiB);
  t.deepEqual(
    all.slice(0, 2).map((one) => one.return),
    values.slice(0, 2),
  );
  for (const [n, one] of all.slice(2).entries())
    t.is(one.return, `${'x'.repeat(500)}... (the rest is too large to be told here: jobs.lookup_jid job${n + 2})`);
});

test('returns: all that a thousand minions gave is at most what there is room for', async (t) => {
  const run = failedRun(30, 400);
  const all = await returned(Array.from({ length: 1000 }, () => run));
  const bytes = all.reduce((sum, one) => sum + bytesOf(one.return), 0);
  t.true(bytes <= 12 * MiB, String(bytes));
  t.true(all.every((one) => Object.keys(one.return as JsonMap).length >= 1));
});

test('answers: where they come to more than there is room, each has its share; what fits is whole, and is not said to be cut', (t) => {
  const large = { success: true, retcode: 0, text: 'x'.repeat(MiB) };
  const given = [{ answer: 'short' }, { answer: large }, { answer: large, error: 'x'.repeat(MiB) }];
  const [short, cut, failed] = answersThatFit(given, MiB);
  t.deepEqual(short, { answer: 'short' });
  t.like(cut, { answer: { success: true, retcode: 0 }, isCut: true });
  t.like(failed, { answer: { success: true, retcode: 0 }, isCut: true });
  t.regex(failed?.error ?? '', /^x{500}\.{3} \(the rest is too large to be kept\)$/);
  const kept = answersThatFit([{ answer: 'cut before', error: 'why', isCut: true }, { answer: large }], MiB)[0];
  t.deepEqual(kept, { answer: 'cut before', error: 'why', isCut: true });
});

test('answers: many of them come to no more than there is room for', (t) => {
  const one = { answer: { success: false, text: 'x'.repeat(10_000) }, error: 'x'.repeat(10_000) };
  for (const count of [1, 50, 2000]) {
    const answers = answersThatFit(
      Array.from({ length: count }, () => one),
      Math.min(count * 5000, MiB),
    );
    t.true(bytesOf(answers) <= Math.min(count * 5000, MiB));
    t.true(answers.every(({ isCut, answer }) => isCut && (answer as JsonMap)['success'] === false));
  }
});
