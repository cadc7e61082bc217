import test, { type ExecutionContext } from 'ava';
import { parseMinionId } from '../../lib/ids.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { intake } from '../../master/intake.ts';
import { listJob, listJobs } from '../../master/jobs/listing.ts';
import { jobProgress } from '../../master/jobs/progress.ts';
import { MOST_KEPT } from '../../master/jobs/scheduled.ts';
import { searchJobs } from '../../master/jobs/search.ts';
import type { MasterSession, UpItem } from '../../wire/types.ts';
import { eventually } from '../kit/eventually.ts';
import { books, open } from './books.ts';

/** The master's end of minions, which send returns of their own schedules. */
async function taking(t: ExecutionContext) {
  const parts = await books(t);
  const acknowledged: string[] = [];
  const told: string[] = [];
  const log: Log = (level, message, facts) => void told.push(`${level} ${message} ${JSON.stringify(facts)}`);
  const taken = intake({
    ...parts,
    progress: jobProgress(),
    returners: ['audit', 'postgres'],
    log,
    acknowledge: ({ id }, n) => void acknowledged.push(`${id} ${n}`),
    failed: (_, reason) => t.fail(reason),
  });
  const session = (id = 'web1'): MasterSession => ({
    id: parseMinionId(id),
    fingerprint: '',
    incarnation: 'i1',
    generation: 1,
    outbox: 'o1',
    isFull: false,
  });
  const sends = async (items: readonly UpItem[], id = 'web1'): Promise<void> => {
    const before = acknowledged.length;
    taken.take(session(id), items);
    await eventually(() => acknowledged.slice(before).includes(`${id} ${items.at(-1)?.n}`));
  };
  return { ...parts, sends, told, stats: () => taken.stats() };
}

const never = { name: 'beat', args: [1], kwargs: { x: 2 }, keep: true };
const run = (n: number, schedule: JsonMap = {}, body: JsonMap = {}): UpItem => ({
  n,
  kind: 'return',
  body: {
    jid: '',
    fun: 'test.echo',
    success: true,
    retcode: 0,
    out: 'nested',
    part: 1,
    parts: 1,
    text: JSON.stringify(n),
    schedule: { ...never, ...schedule },
    ...body,
  },
});
const returnsIn = (events: readonly { tag: string; data: JsonMap }[]) =>
  events.filter(({ tag }) => /^salt\/job\/\d{20}\/ret\//.test(tag)).map(({ data }) => data);

test('a scheduled run of a minion: a job of the ledger with its return, the schedule’s name and its metadata; nobody gets it as a job', async (t) => {
  const { sends, jobs, events } = await taking(t);
  await sends([run(1, { metadata: { team: 'ops' } }, { text: '{"a":1}', success: false, retcode: 3 })]);
  const [job] = jobs.list();
  t.like(listJobs(jobs.list())[job?.jid ?? ''], {
    Function: 'test.echo',
    Arguments: [1, { x: 2, __kwarg__: true }],
    Target: ['web1'],
    User: 'schedule',
    Schedule: 'beat',
    Metadata: { team: 'ops' },
  });
  t.like(await listJob(jobs, job?.jid ?? '', () => undefined), {
    Minions: ['web1'],
    Result: { web1: { return: { a: 1 }, retcode: 3, success: false, out: 'nested' } },
    States: { web1: 'returned' },
  });
  t.like(searchJobs(jobs, { search_function: 'test.echo', search_target: 'web1' }, { limit: 1 })[0], { jid: job?.jid });
  t.like(returnsIn(events)[0], {
    id: 'web1',
    jid: job?.jid,
    schedule: 'beat',
    metadata: { team: 'ops' },
    user: 'schedule',
  });
  t.deepEqual(jobs.outstanding('web1'), []);
  t.deepEqual(jobs.open(), { queued: 0, delivered: 0, running: 0 });
  t.false(events.some(({ tag }) => tag.endsWith('/new')));
});

test('scheduled runs: each counts once, however often it comes, and is there after a restart', async (t) => {
  const { sends, jobs, store, directory, clock } = await taking(t);
  const items = [run(1), run(2), run(3)];
  await sends(items);
  await sends(items);
  await sends([...items, run(4)]);
  t.is(jobs.list().length, 4);
  t.is(jobs.stats().scheduled, 4);
  await store.close();
  const again = await open(t, directory, clock);
  const kept = again.jobs.list();
  t.is(kept.length, 4);
  const returns = await Promise.all(kept.map(({ jid }) => again.jobs.returnOf(jid, 'web1')));
  t.deepEqual(
    returns.map((one) => one?.['return']),
    [4, 3, 2, 1],
  );
  t.true(again.jobs.newJid() > (kept[0]?.jid ?? ''));
});

test('scheduled runs: a long return comes in parts; one that is no JSON is a failure', async (t) => {
  const { sends, jobs } = await taking(t);
  const text = JSON.stringify('x'.repeat(100));
  await sends([
    run(1, {}, { text: text.slice(0, 50), part: 1, parts: 2 }),
    run(2, {}, { text: text.slice(50), part: 2, parts: 2 }),
    run(3, {}, { text: '{"cut' }),
  ]);
  const [failed, whole] = await Promise.all(jobs.list().map(({ jid }) => jobs.returnOf(jid, 'web1')));
  t.like(whole, { return: 'x'.repeat(100), success: true, schedule: 'beat' });
  t.like(failed, { success: false, retcode: 1, schedule: 'beat' });
});

test('scheduled runs that are not to be kept: an event, and no job', async (t) => {
  const { sends, jobs, events } = await taking(t);
  await sends([run(1, { keep: false, returner: ['audit'] })]);
  t.deepEqual(jobs.list(), []);
  t.like(returnsIn(events)[0], { id: 'web1', return: 1, schedule: 'beat', returner: ['audit'] });
});

test('scheduled runs: of one minion the newest stay, in one delivery and over a restart; others lose nothing', async (t) => {
  const { sends, jobs, store, directory, clock } = await taking(t);
  await sends([run(1)], 'web2');
  // More than are kept, at once.
  await sends(Array.from({ length: MOST_KEPT + 100 }, (_, at) => run(at + 1)));
  const numbersOf = async (book: typeof jobs, id: string): Promise<Json[]> => {
    const own = book.list({ limit: 5000 }).filter(({ minions }) => minions.includes(id));
    return Promise.all(own.map(async ({ jid }) => (await book.returnOf(jid, id))?.['return'] ?? null));
  };
  const newest = (last: number): number[] => Array.from({ length: MOST_KEPT }, (_, at) => last - at);
  t.deepEqual(await numbersOf(jobs, 'web1'), newest(MOST_KEPT + 100));
  await store.close();
  const again = await open(t, directory, clock);
  t.deepEqual(await numbersOf(again.jobs, 'web1'), newest(MOST_KEPT + 100));
  const more = { return: 1000, success: true, retcode: 0 };
  const said = { schedule: 'beat', fun: 'test.echo', arg: [], kwarg: {}, isKept: true };
  await again.store.commit(again.jobs.scheduled('web1', said, more));
  t.deepEqual(await numbersOf(again.jobs, 'web1'), [1000, ...newest(MOST_KEPT + 100).slice(0, -1)]);
  t.deepEqual(await numbersOf(again.jobs, 'web2'), [1]);
});

test('scheduled runs: they are forgotten with all jobs, and leave nothing', async (t) => {
  const { sends, jobs, store, clock } = await taking(t);
  const before = store.size().entries;
  await sends([run(1), run(2)]);
  clock.advance(3600_000);
  await sends([run(3)]);
  await jobs.forget(1800_000);
  t.is(jobs.list().length, 1);
  clock.advance(3600_000);
  await jobs.forget(1800_000);
  t.deepEqual(jobs.list(), []);
  // What is left is how far the minion's outbox was taken.
  t.is(store.size().entries, before + 1);
  await sends([run(4)]);
  t.is(jobs.list().length, 1);
});

test('scheduled runs: a returner that the master does not have is told once in a while, with the nearest', async (t) => {
  const { sends, told } = await taking(t);
  await sends([run(1, { returner: ['audti', 'postgres'] }), run(2, { returner: ['audti'] })]);
  const warnings = told.filter((line) => line.includes('names a returner'));
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /"job":"beat","returner":"audti","hint":"did you mean 'audit'\?"/);
});
