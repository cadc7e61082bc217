import path from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { loadMasterConfig } from '../lib/config/load.ts';
import { silent } from '../lib/log.ts';
import { openBooks } from '../master/books.ts';

/** Pairs whose returns are put on disk together. */
const AT_ONCE = 1000;

/**
 * Makes the store of a master that has had so many jobs, each of so many minions that all returned. By the master's own ledger:
 * what is in it is what would be.
 */
export async function makeHistory(cachedir: string, jobCount: number, minionCount: number): Promise<void> {
  const { config } = loadMasterConfig({ env: {} });
  const { store, jobs } = await openBooks({ ...config, cachedir: path.resolve(cachedir) }, systemClock, silent);
  const minions = Array.from({ length: minionCount }, (_, i) => `minion-${i}`);
  const plain = { fun: 'test.ping', arg: [], kwarg: {}, tgt: '*', tgt_type: 'glob', user: 'root', missing: [] };
  for (let n = 0; n < jobCount; n++) {
    const { jid } = await jobs.create(jobs.newJid(), { ...plain, expires: Date.now() + 60_000, minions });
    for (let at = 0; at < minions.length; at += AT_ONCE) {
      const some = minions.slice(at, at + AT_ONCE);
      await store.commit(some.flatMap((id) => jobs.delivered(jid, id)));
      await store.commit(
        some.flatMap((id) => jobs.returned(jid, id, { return: true, success: true, retcode: 0, out: 'nested' })),
      );
    }
  }
  await store.close();
}
