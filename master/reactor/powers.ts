import type { PublishRequest } from '../../lib/contracts/reactor.ts';
import type { Instances } from '../instances.ts';
import type { Jobs } from '../jobs/ledger.ts';
import type { Keys } from '../keys.ts';
import type { Origin, ReactorPowers } from './types.ts';

export interface PowersOptions {
  readonly jobs: Pick<Jobs, 'whenDelivered' | 'outcome'>;
  readonly keys: Pick<Keys, 'accept' | 'reject' | 'tokenOf'>;
  /** How long a key that a reactor rejected stays so, in ms; undefined for good. */
  readonly rejectForMs?: number | undefined;
  readonly instances: Pick<Instances, 'find' | 'move' | 'ran'>;
  /** Resolves the targets, makes the job by `Jobs.createOnce(once, ...)`, and sends it. */
  readonly publish: (
    once: string,
    request: PublishRequest,
    origin: Origin,
  ) => Promise<{ jid: string; minions: string[] }>;
  readonly call: ReactorPowers['call'];
}

/** What reactions may do, by the master's own parts. */
export function reactorPowers({ jobs, keys, rejectForMs, instances, publish, call }: PowersOptions): ReactorPowers {
  return {
    jobs: {
      publish: (once, request, origin) => publish(once, request, origin),
      delivered: (jid, id, signal) => jobs.whenDelivered(jid, id, signal),
      outcome: (jid, id, signal) => jobs.outcome(jid, id, signal),
    },
    call,
    keys: {
      accept: (id, fingerprint) => keys.accept(id, { fingerprint }),
      reject: (id, fingerprint, reason) =>
        keys.reject(id, { fingerprint, reason, ...(rejectForMs === undefined ? {} : { forMs: rejectForMs }) }),
      tokenOf: (id, fingerprint) => keys.tokenOf(id, fingerprint),
    },
    instances: {
      find: (id) => instances.find(id),
      async moved(id, state, reason) {
        await instances.move(id, state, reason);
      },
      ran: (id, run) => instances.ran(id, run),
    },
  };
}
