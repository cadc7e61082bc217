import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { pretended } from './pretend.ts';

const choice = v.optional(
  v.union([v.boolean(), v.pipe(v.string(), v.toLowerCase(), v.literal('random'))], "True, False or 'Random'"),
  true,
);

const args = v.strictObject({
  name: v.string(),
  changes: choice,
  result: choice,
  comment: v.optional(v.string(), ''),
  warnings: v.optional(v.union([v.string(), v.array(v.string())])),
  allow_test_mode_failure: v.optional(v.boolean(), false),
});

interface Facts {
  readonly changes: boolean;
  readonly result: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'Succeeds or fails, with changes or without, as it is told.',
  example: `
pretended:
  test.configurable_test_state:
    - changes: True
    - result: False
    - comment: bar.baz
`,
  args,
  reads: [],
  read: ({ changes, result }) => ({ changes: decided(changes), result: decided(result) }),
  plan(given, { changes, result }) {
    const warnings = given.warnings === undefined ? {} : { warnings: [given.warnings].flat() };
    const fails = !result && (!changes || given.allow_test_mode_failure);
    if (fails) return { ...impossible(given.comment), ...warnings, changes: changes ? pretended : {} };
    if (!changes) return { ...alreadyRight(given.comment), ...warnings };
    return {
      changes: pretended,
      comment: given.comment || 'This is a test',
      done: given.comment,
      steps: [],
      ...warnings,
    };
  },
  report: ({ changes }, _results, given) => ({
    // Chance only decides whether it comes to this; then it succeeds.
    result: given.result !== false,
    changes,
    comment: given.comment,
  }),
});

function decided(choice: boolean | 'random'): boolean {
  return choice === 'random' ? Math.random() < 0.5 : choice;
}
