import type { NewEvent } from '../lib/contracts/events.ts';
import { asText, isMap, type Json } from '../lib/json.ts';

/** A minion says what it likes; nobody reads more of it. */
const MOST_CHARACTERS = 2000;

/** `tsalt/minion/<id>/upgraded` or `.../rolled-back`: what a minion's return of an update says; undefined when neither. */
export function upgradeEvent(id: string, jid: string, value: Json): NewEvent | undefined {
  if (!isMap(value)) return undefined;
  const said = (name: string): string => asText(value[name]).slice(0, MOST_CHARACTERS);
  const data = { id, jid, from: said('from'), to: said('to') };
  switch (asText(value['outcome'])) {
    case 'upgraded':
      return { tag: `tsalt/minion/${id}/upgraded`, data };
    case 'rolled-back':
      return { tag: `tsalt/minion/${id}/rolled-back`, data: { ...data, reason: said('reason') } };
    default:
      return undefined;
  }
}
