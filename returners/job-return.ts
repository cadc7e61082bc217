import type { BusEvent } from '../lib/contracts/events.ts';
import type { Json } from '../lib/json.ts';

/** A minion's return of a job, out of its event. */
export interface JobReturn {
  readonly jid: string;
  readonly id: string;
  readonly fun: string;
  readonly return: Json;
  readonly success: boolean;
  readonly retcode: number;
}

/** What `salt/job/<jid>/ret/<id>` tells; undefined for any other event. */
export function jobReturnOf({ tag, data }: BusEvent): JobReturn | undefined {
  const { jid, id, fun, success, retcode } = data;
  if (!/^salt\/job\/[^/]+\/ret\//.test(tag) || typeof jid !== 'string' || typeof id !== 'string') return undefined;
  return {
    jid,
    id,
    fun: typeof fun === 'string' ? fun : '',
    return: data['return'] ?? null,
    success: success === true,
    retcode: typeof retcode === 'number' ? retcode : 0,
  };
}

/** An event as JSON for elsewhere: its number in the log of this master, by which it is known again, its tag and its data. */
export function shownEvent({ seq, tag, data }: BusEvent): { number: number; tag: string; data: BusEvent['data'] } {
  return { number: seq, tag, data };
}
