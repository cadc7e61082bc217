import type { JsonMap } from '../../lib/json.ts';
import type { Books } from '../../master/books.ts';
import type { NewJob } from '../../master/jobs/ledger.ts';
import type { FakeClock } from '../kit/clock.ts';
import { applicant } from './books.ts';

/** Puts one of everything that a master keeps into its books. */
export async function fill(
  { store, bus, jobs, keys, tokens, instances, facts }: Books,
  clock: FakeClock,
): Promise<void> {
  await instances.add({ id: 'web1', provider: 'process', roles: ['web'] });
  await instances.move('web1', 'starting', 'the provider made it');
  for (const id of ['web1', 'web2']) await tokens.issue(id, 3_600_000);
  for (const id of ['db1', 'db2']) {
    keys.admit(applicant(id));
    await keys.accept(id);
  }
  keys.admit(applicant('stranger'));
  facts.learn('db1', { os: 'Debian', roles: ['db'] });
  const job = (fun: string, minions: string[]): NewJob => ({
    fun,
    arg: [1, 'two'],
    kwarg: { three: 3 },
    tgt: '*',
    tgt_type: 'glob',
    user: 'root',
    expires: clock.now() + 60_000,
    minions,
    missing: ['gone'],
    metadata: { ticket: 17 },
  });
  const { jid } = await jobs.create(jobs.newJid(), job('test.echo', ['db1', 'db2']));
  await store.commit(jobs.delivered(jid, 'db2'));
  await store.commit(jobs.returned(jid, 'db1', { return: { said: 'ü' }, success: true, retcode: 0, out: 'nested' }));
  clock.advance(1000);
  await jobs.createOnce('reaction', job('test.ping', ['db1']));
  await bus.fire({ tag: 'my/event', data: { n: 1 } });
}

/** What books say of all that `fill` puts there; keys and secrets aside. */
export async function everythingIn({ bus, jobs, keys, tokens, instances, facts }: Books): Promise<JsonMap> {
  const events: string[] = [];
  for await (const { seq, tag } of bus.history(0)) events.push(`${seq} ${tag}`);
  const told: unknown[] = [];
  for (const job of jobs.list()) {
    const pairs = [...jobs.pairs(job.jid)];
    const returns: [string, JsonMap | null][] = [];
    for (const [id] of pairs) returns.push([id, (await jobs.returnOf(job.jid, id)) ?? null]);
    told.push({ job, pairs: Object.fromEntries(pairs), returns: Object.fromEntries(returns) });
  }
  const everything = {
    events,
    jobs: told,
    keys: keys.list(),
    tokens: ['web1', 'web2', 'db1'].map((id) => tokens.check({ ...applicant(id), tokenId: undefined }).proof),
    instances: instances.list(),
    grains: facts.grains('db1'),
  };
  return JSON.parse(JSON.stringify(everything)) as JsonMap;
}
