import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';

const args = v.strictObject({
  name: v.string(),
  text: v.pipe(v.string(), v.minLength(1, 'a text to show')),
});

export default defineState({
  summary: 'Says something in its comment.',
  example: `
not-supported:
  test.show_notification:
    - text: This system is not supported
`,
  args,
  reads: [],
  read: () => undefined,
  plan: ({ text }) => alreadyRight(text),
});
