import { defineState, impossible } from '../../lib/contracts/state.ts';
import { fired, pretendArgs } from './pretend.ts';

export default defineState({
  summary: 'Fails and changes nothing.',
  example: `
nothing:
  test.fail_without_changes
`,
  args: pretendArgs,
  reads: [],
  read: () => undefined,
  plan: ({ comment }) => impossible(comment ?? 'Failure!'),
  refresh: fired,
});
