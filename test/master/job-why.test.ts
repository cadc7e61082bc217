import test from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import type { NewJob } from '../../master/jobs/ledger.ts';
import { whyOf, type WhyParts } from '../../master/jobs/why.ts';
import { applicant, books } from './books.ts';

const job = (clock: { now(): number }, minions: string[], more: Partial<NewJob> = {}): NewJob => ({
  fun: 'test.sleep',
  arg: [],
  kwarg: {},
  tgt: 'G@os:Debian',
  tgt_type: 'compound',
  user: 'root',
  expires: clock.now() + 60_000,
  minions,
  missing: [],
  ...more,
});

const nobody: ReturnType<WhyParts['meant']> = { minions: [], unknown: [], missing: [], byPillar: false };

async function asked(t: Parameters<typeof books>[0]) {
  const all = await books(t);
  const { jobs, keys, clock } = all;
  const why = (jid: string, id: string, more: Partial<WhyParts> = {}): JsonMap =>
    whyOf({ jobs, keys, meant: () => nobody, away: () => undefined, now: () => clock.now(), ...more }, jid, id) ?? {};
  return { ...all, why };
}

test('jobs.why: what keeps a job at each place, in a sentence', async (t) => {
  const { jobs, store, clock, why } = await asked(t);
  const first = (await jobs.create(jobs.newJid(), job(clock, ['a']))).jid;
  clock.advance(1000);
  const { jid } = await jobs.create(jobs.newJid(), job(clock, ['a', 'b']), { cause: 17, depth: 1 });
  t.is(why('20250101000000000000', 'a')['Why'], undefined);
  t.regex(
    asText(why(jid, 'a')['Why']),
    /^it was sent, and the minion has not said that it has it; .* until 2026-01-31T/,
  );
  t.regex(
    asText(why(jid, 'b', { away: () => 'since noon' })['Why']),
    /^the minion is not connected \(since noon\); it gets the job when it comes, until /,
  );
  await store.commit([...jobs.running(first, 'a'), ...jobs.delivered(jid, 'a'), ...jobs.delivered(jid, 'b')]);
  t.is(why(jid, 'a')['Why'], `the minion has it on its disk, and other jobs before it: test.sleep (${first})`);
  t.is(why(jid, 'b')['Why'], 'the minion has it on its disk, and has not said that it began');
  clock.advance(2500);
  t.like(why(first, 'a'), { State: 'running', Why: 'it has been running for 2.5 s', 'Asked by': 'root' });
  await store.commit(jobs.returned(jid, 'a', { return: 'no', success: false, retcode: 4, out: 'nested' }));
  t.like(why(jid, 'a'), {
    State: 'returned',
    Why: 'it failed (retcode 4), its return came after 2.5 s',
    'Asked by': 'a reaction to event 17 (tsalt run reactor.why 17)',
  });
  await store.commit(jobs.lost(jid, 'b', 'the minion was restarted while it ran'));
  t.like(why(jid, 'b'), { State: 'lost', Why: 'the minion was restarted while it ran' });
});

test('jobs.why: of a minion that a job is not for, why its target did not mean it', async (t) => {
  const { jobs, keys, clock, why } = await asked(t);
  for (const id of ['a', 'known', 'waiting']) keys.admit(applicant(id));
  await keys.accept('a');
  await keys.accept('known');
  const { jid } = await jobs.create(jobs.newJid(), job(clock, ['a'], { missing: ['gone'] }));
  const whyNot = (id: string, meant = nobody): unknown => why(jid, id, { meant: () => meant })['Why'];
  t.is(why(jid, 'known')['State'], 'not targeted');
  t.is(whyNot('known'), "compound 'G@os:Debian' does not match it");
  t.regex(String(whyNot('known', { ...nobody, unknown: ['known'] as never })), /^too little is known of it/);
  t.regex(String(whyNot('known', { ...nobody, minions: ['known'] as never })), /did not match it when .* does now/);
  t.is(whyNot('waiting'), 'its key is pending, and only accepted minions are meant by any target');
  t.is(whyNot('gone'), 'it was named, and no accepted minion had this id when the job was published');
  t.is(whyNot('knwon'), "no minion of this id has a key here (did you mean 'known'?)");
});
