import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { orchestrationBook, type Answer } from '../../master/orchestrate/book.ts';
import { books, orchestrationIn } from './books.ts';

/* What is kept of orchestrations, over a real store. */

const MiB = 1024 * 1024;

const entry = (more: JsonMap): JsonMap => ({
  name: 'a',
  result: false,
  comment: '',
  changes: {},
  __run_num__: 0,
  ...more,
});

for (const [what, states, seen] of [
  ['changes', { a: entry({ changes: { ret: 'x'.repeat(13 * MiB) } }) }, /too large/],
  [
    'comments',
    Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${n}`, entry({ comment: 'm'.repeat(MiB / 10) })])),
    /"comment":"m{50}/,
  ],
  ['mistakes', Array.from({ length: 20 }, () => 'm'.repeat(MiB)), /too large/],
  [
    'states',
    Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`s${n}`, entry({ comment: 'm'.repeat(90) })])),
    /too large/,
  ],
] as const) {
  test(`orchestrations: one with too large ${what} for an event, ends and has an answer`, async (t) => {
    const { store, bus, jobs, clock } = await books(t);
    const book = orchestrationBook({ store, bus, clock });
    const orchestration = orchestrationIn({ jobs, clock });
    await book.begin(orchestration);
    const answer: Answer = { data: { m_master: states as unknown as JsonMap }, outputter: 'highstate', retcode: 1 };
    await book.end(orchestration, answer);
    t.deepEqual(book.unfinished(), []);
    const ended = book.find(orchestration.jid);
    t.is(ended?.ended?.retcode, 1);
    const kept = ended && (await book.answer(ended));
    t.is(kept?.['retcode'], 1);
    t.regex(JSON.stringify(kept?.['data']), seen);
  });
}
