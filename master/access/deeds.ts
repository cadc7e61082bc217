import { asText, type JsonMap } from '../../lib/json.ts';
import type { AskedDeed } from './askers.ts';

/** These know themselves what they are about to do, on whom, and have it noted. */
const ownNotes = new Set(['exec', 'run', 'targets']);

/** A wheel function by another way. */
const wheel =
  (fun: string) =>
  ({ match }: JsonMap): AskedDeed =>
    match === undefined ? { side: 'wheel', fun } : { side: 'wheel', fun, args: [match], about: asText(match) };

const deeds: Readonly<Record<string, (params: JsonMap) => AskedDeed>> = {
  'key.list': () => ({ side: 'wheel', fun: 'key.list_all' }),
  'key.accept': wheel('key.accept'),
  'key.reject': wheel('key.reject'),
  'key.delete': wheel('key.delete'),
  'key.finger': (params) =>
    params['master'] === true ? { side: 'wheel', fun: 'key.finger_master' } : wheel('key.finger')(params),
};

/** What a method of the control socket does, in the words of rules; undefined for one that says it itself. */
export function deedOf(method: string): ((params: JsonMap) => AskedDeed) | undefined {
  if (ownNotes.has(method)) return undefined;
  const deed = Object.hasOwn(deeds, method) ? deeds[method] : undefined;
  // One that nobody thought of here needs a rule that names it.
  return (
    deed ??
    (({ id, tag }) => ({
      side: 'control',
      fun: method,
      about: id === undefined && tag === undefined ? undefined : asText(id ?? tag),
    }))
  );
}
