import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import type { Json } from '../../lib/json.ts';
import { jsonMap } from '../../lib/schema/json.ts';
import { answersOf, masterFunction, whyFailed } from './calls.ts';

const one = v.strictObject({ name: v.optional(masterFunction), kwarg: v.optional(jsonMap) });
type One = v.InferOutput<typeof one>;
/** As a map, or as Salt's list of maps with one key; nothing where the id says it all. */
const runner = v.pipe(
  v.nullable(v.union([v.array(one), one])),
  v.transform((given): One => Object.assign({}, ...[given ?? {}].flat()) as One),
);

const args = v.strictObject({
  name: v.string(),
  /** By an id of your own: the name of a runner, and its named arguments. One runner alone may stand as text. */
  runners: v.union([
    v.pipe(
      masterFunction,
      v.transform((name): Record<string, One> => ({ [name]: { name } })),
    ),
    v.record(v.string(), runner),
  ]),
});

export default defineState({
  summary: 'Runners of the master are called, all at once. For orchestrations.',
  example: `
both sites:
  salt.parallel_runners:
    - runners:
        north:
          - name: state.orchestrate
          - kwarg:
              mods: orch.north
        south:
          - name: state.orchestrate
          - kwarg:
              mods: orch.south
`,
  args,
  reads: [],
  read: () => undefined,
  plan({ runners }) {
    const calls = Object.entries(runners).map(
      ([id, { name = id, kwarg = {} }]) => ({ client: 'runner', fun: name, arg: [], kwarg }) as const,
    );
    return {
      changes: {},
      comment: `Runner functions would be executed: ${calls.map(({ fun }) => fun).join(', ')}`,
      steps: [{ do: 'master', calls }],
      unknownUntilRun: true,
    };
  },
  report(_, results, { runners }) {
    const answers = answersOf(results);
    const ids = Object.keys(runners);
    const ret = Object.fromEntries(ids.map((id, index) => [id, answers[index]?.answer ?? null] as [string, Json]));
    const failures = ids.flatMap((id, index) => {
      const answer = answers[index];
      const why = answer ? whyFailed(answer) : 'it was not called';
      return why === undefined ? [] : [why === '' ? `Runner ${id} failed.` : `Runner ${id} failed: ${why}`];
    });
    return {
      result: failures.length === 0,
      changes: { ret },
      comment: failures.length === 0 ? 'All runner functions executed successfully.' : failures.join('\n'),
    };
  },
});
