import * as v from 'valibot';
import type { Reading, StepResult } from '../../lib/contracts/machine.ts';
import { impossible, type Outcome, type Plan } from '../../lib/contracts/state.ts';
import { jsonMap } from '../../lib/schema/json.ts';
import { refusalOfTag } from '../../lib/tags.ts';

/* What the functions of `event` have in common: an event to the master, whose tag is the name. */

const some = v.optional(v.union([v.boolean(), v.string(), v.array(v.string())]), false);

export const eventArgs = {
  name: v.string(),
  data: v.optional(jsonMap, {}),
  with_grains: some,
  with_pillar: some,
  show_changed: v.optional(v.boolean(), true),
};

const schema = v.strictObject(eventArgs);
type EventArgs = v.InferOutput<typeof schema>;

export interface EventFacts {
  readonly refusal: string | undefined;
}

export function readEvent({ name }: EventArgs, { id, functions }: Reading): EventFacts {
  const refusal = refusalOfTag(name, id);
  if (refusal !== undefined) return { refusal: `An event of tag ${name} can't be fired: ${refusal}` };
  return { refusal: functions ? undefined : 'Events can be fired by a minion only' };
}

export function planEvent(given: EventArgs, { refusal }: EventFacts): Plan {
  if (refusal !== undefined) return impossible(refusal);
  const { name, data, with_grains: grains, with_pillar: pillar, show_changed: show } = given;
  const kwargs = { with_grains: grains, with_pillar: pillar };
  return {
    changes: show ? { tag: name, data } : {},
    comment: 'Event would have been fired',
    done: 'Event fired',
    steps: [{ do: 'call', fun: 'event.send', args: [name, data], kwargs }],
  };
}

export function reportEvent({ changes, done = '' }: Plan, results: readonly StepResult[]): Outcome {
  const sent = results.some((step) => step.did === 'call' && step.answer === true);
  if (sent) return { result: true, changes, comment: done };
  return { result: false, changes, comment: 'The event was not fired: there is no master to send it to' };
}
