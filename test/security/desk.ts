import type { ExecutionContext } from 'ava';
import { parseMinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { topsOf } from '../../lib/tops.ts';
import { loadMasterConfig } from '../../lib/config/load.ts';
import type { JsonMap } from '../../lib/json.ts';
import { filesOf } from '../kit/files.ts';
import { bundleStore } from '../../master/bundles.ts';
import { intake } from '../../master/intake.ts';
import { jobProgress } from '../../master/jobs/progress.ts';
import { questions } from '../../master/questions.ts';
import type { MasterSession, UpItem } from '../../wire/types.ts';
import { eventually } from '../kit/eventually.ts';
import { books } from '../master/books.ts';
import { folder } from '../store/folder.ts';

/** The master's end of two accepted minions, `bad` and `good`, over real books: what they send and ask goes straight in. */
export async function desk(t: ExecutionContext) {
  const parts = await books(t);
  const tree = folder(t);
  const acknowledged = new Map<string, number>();
  const pillarsOf: string[] = [];
  const taken = intake({
    ...parts,
    progress: jobProgress(),
    returners: [],
    log: silent,
    acknowledge: ({ id }, n) => void acknowledged.set(id, n),
    failed: (_, reason) => t.fail(reason),
  });
  const session = (id: string): MasterSession => ({
    id: parseMinionId(id),
    fingerprint: '',
    incarnation: 'i1',
    generation: 1,
    outbox: 'o1',
    isFull: false,
  });
  const ask = questions({
    files: filesOf({ base: [tree] }),
    bundles: bundleStore(tree),
    facts: parts.facts,
    stateEvents: false,
    pillarOf: (id) => {
      pillarsOf.push(id);
      return Promise.resolve({ pillar: { of: id }, secrets: [], top: {} });
    },
    mine: {},
    tops: () => topsOf(loadMasterConfig({ env: {} }).config),
  });
  let sent = 0;
  return {
    ...parts,
    tree,
    pillarsOf,
    stats: () => taken.stats(),
    /** A job of one minion. */
    jobOf: (id: string) =>
      parts.jobs.create(parts.jobs.newJid(), {
        fun: 'cmd.run',
        arg: [],
        kwarg: {},
        tgt: id,
        tgt_type: 'list',
        user: 'operator',
        expires: parts.clock.now() + 60_000,
        minions: [id],
        missing: [],
      }),
    /** `bad` sends these, and they are on disk. */
    sends: async (kind: UpItem['kind'], bodies: readonly JsonMap[]): Promise<void> => {
      taken.take(
        session('bad'),
        bodies.map((body) => ({ n: ++sent, kind, body })),
      );
      const last = sent;
      await eventually(() => acknowledged.get('bad') === last);
    },
    /** `bad` asks. */
    asks: (question: string, body: JsonMap) => ask(session('bad'), question, body),
  };
}
