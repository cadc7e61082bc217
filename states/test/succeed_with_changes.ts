import { defineState } from '../../lib/contracts/state.ts';
import { fired, pretendArgs, pretended } from './pretend.ts';

export default defineState({
  summary: 'Succeeds and says that something changed.',
  example: `
nothing:
  test.succeed_with_changes
`,
  args: pretendArgs,
  reads: [],
  read: () => undefined,
  plan: ({ comment }) => ({
    changes: pretended,
    comment: "If we weren't testing, this would be successful with changes",
    done: comment ?? 'Success!',
    steps: [],
  }),
  refresh: fired,
});
