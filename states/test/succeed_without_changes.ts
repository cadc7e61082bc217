import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { fired, pretendArgs } from './pretend.ts';

export default defineState({
  summary: 'Succeeds and changes nothing.',
  example: `
nothing:
  test.succeed_without_changes
`,
  args: pretendArgs,
  reads: [],
  read: () => undefined,
  plan: ({ comment }) => alreadyRight(comment ?? 'Success!'),
  refresh: fired,
});
