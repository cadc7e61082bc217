import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { BusEvent } from '../../lib/contracts/events.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { belongingsOf } from '../../master/books.ts';
import { eventBus } from '../../master/bus.ts';
import { minionFacts } from '../../master/facts.ts';
import { instanceRegistry } from '../../master/instances.ts';
import { jobLedger } from '../../master/jobs/ledger.ts';
import { keyBook, type KeysOptions } from '../../master/keys.ts';
import { minionBook } from '../../master/minions.ts';
import { mineBook } from '../../master/mine/book.ts';
import type { Orchestration } from '../../master/orchestrate/book.ts';
import { tokens as tokenBook } from '../../master/tokens.ts';
import { openStore } from '../../store/store.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { checksToken, parseToken, proveToken } from '../../wire/token.ts';
import type { Applicant } from '../../wire/types.ts';
import { fakeClock, type FakeClock } from '../kit/clock.ts';
import { folder } from '../store/folder.ts';

/** All of the master's books over one real store in a fresh directory. */
export async function books(t: ExecutionContext, options: Partial<KeysOptions> = {}) {
  const directory = folder(t);
  const clock = fakeClock(Date.UTC(2026, 0, 31, 12));
  const opened = await open(t, directory, clock, options);
  return { ...opened, directory, clock };
}

/** Opens the books that are in a directory. */
export async function open(
  t: ExecutionContext,
  directory: string,
  clock: FakeClock,
  options: Partial<KeysOptions> = {},
) {
  const store = await openStore({ directory, now: () => clock.now() });
  t.teardown(() => store.close());
  const bus = eventBus({ store, clock, log: silent });
  const events: BusEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const tokens = tokenBook({ store, clock });
  const minions = minionBook(store);
  const jobs = jobLedger({ store, bus, clock });
  const facts = minionFacts(store, (cause) => t.fail(String(cause)));
  const mine = mineBook(store);
  const belongings = belongingsOf({ jobs, facts, mine });
  const keys = keyBook({ store, bus, tokens, minions, belongings, clock, log: silent, ...options });
  const instances = instanceRegistry({ store, bus, clock });
  const seen = () => events.map(({ tag, data }) => (typeof data['act'] === 'string' ? `${tag} ${data['act']}` : tag));
  return { store, bus, events, seen, tokens, minions, keys, jobs, facts, mine, instances };
}

/** An orchestration that is to begin. */
export function orchestrationIn({
  jobs,
  clock,
}: Pick<Awaited<ReturnType<typeof books>>, 'jobs' | 'clock'>): Orchestration {
  return {
    jid: jobs.newJid(),
    mods: ['a'],
    saltenv: 'base',
    test: false,
    pillar: {},
    created: clock.now(),
    nesting: 0,
  };
}

/** A minion with a key of its own, at the door. */
export function applicant(id: string, token?: string): Applicant {
  const { publicKey, fingerprint } = generateIdentity();
  const transcript = randomBytes(32);
  const held = token === undefined ? undefined : parseToken(token);
  return {
    id: parseMinionId(id),
    publicKey,
    fingerprint,
    incarnation: 'i1',
    generation: 1,
    outbox: 'o1',
    tokenId: held?.id,
    proves: (secret) =>
      held !== undefined && checksToken(secret, transcript, publicKey, proveToken(held.secret, transcript, publicKey)),
  };
}
