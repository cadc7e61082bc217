import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { defineState } from '../../lib/contracts/state.ts';

export default defineState({
  summary: 'The master waits for events, one for each id. For orchestrations.',
  example: `
salt/minion/*/start:
  salt.wait_for_event:
    - id_list:
        - web1
        - web2
    - timeout: 600
`,
  args: v.strictObject({
    /** A tag, or a glob of tags. */
    name: v.pipe(v.string(), v.minLength(1)),
    /** Each of these has to be in an event. */
    id_list: v.pipe(arg.textList, v.minLength(1, 'a list with something in it')),
    /** Where in the data of the event the id stands. */
    event_id: v.optional(v.string(), 'id'),
    /** Seconds. */
    timeout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2_000_000)), 300),
  }),
  reads: [],
  read: () => undefined,
  plan: ({ name, id_list, event_id, timeout }) => ({
    changes: {},
    comment: `Orchestration would wait for event '${name}'`,
    steps: [{ do: 'await', tag: name, ids: [...new Set(id_list)], field: event_id, timeout }],
    unknownUntilRun: true,
  }),
  report(_, results, { id_list }) {
    const waited = results.find((result) => result.did === 'await');
    const seen = waited?.seen ?? [];
    const missing = [...new Set(id_list)].filter((id) => !seen.includes(id));
    return {
      result: missing.length === 0,
      changes: seen.length === 0 ? {} : { minions_seen: [...seen] },
      comment:
        missing.length === 0
          ? `All events seen in ${waited?.seconds ?? 0} seconds.`
          : `Timeout value reached. Not seen: ${missing.join(', ')}`,
    };
  },
});
