import { defineState } from '../../lib/contracts/state.ts';
import { fired, pretendArgs, pretended } from './pretend.ts';

export default defineState({
  summary: 'Fails and says that something changed.',
  example: `
nothing:
  test.fail_with_changes
`,
  args: pretendArgs,
  reads: [],
  read: () => undefined,
  plan: () => ({
    changes: pretended,
    comment: "If we weren't testing, this would be failed with changes",
    steps: [],
  }),
  report: ({ changes }, _results, { comment }) => ({ result: false, changes, comment: comment ?? 'Failure!' }),
  refresh: fired,
});
