import type { BusEvent } from '../../lib/contracts/events.ts';
import type { OpenReturner } from '../../lib/contracts/returner.ts';
import { parseTag } from '../../lib/ids.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { readReturners } from '../../returners/configured.ts';
import { builtinReturners } from '../../returners/registry.ts';

/** A returner that comes with tsalt, opened with these settings. */
export async function opened(kind: string, settings: JsonMap): Promise<OpenReturner> {
  const { returners, findings } = await readReturners({ [kind]: settings }, builtinReturners);
  const [first] = returners;
  if (!first?.returner) throw findings[0]?.error() ?? new RangeError(`no ${kind}`);
  return first.returner.open(first.settings, { master: 'test_master', log: silent });
}

export const never = new AbortController().signal;

export function event(seq: number, tag: string, data: JsonMap): BusEvent {
  return { seq, tag: parseTag(tag), data: { _stamp: '2026-01-31T23:59:59.123000', ...data }, depth: 0 };
}

export function returned(seq: number, id: string, fun: string, value: JsonMap[string], more: JsonMap = {}): BusEvent {
  const jid = `2026013123595912${String(seq).padStart(4, '0')}`;
  const data = { id, jid, fun, fun_args: [], return: value, retcode: 0, success: true, cmd: '_return', ...more };
  return event(seq, `salt/job/${jid}/ret/${id}`, data);
}
