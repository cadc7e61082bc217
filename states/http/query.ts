import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkQuestion, planQuestion, questionArgs, reportQuestion } from './question.ts';

const args = v.strictObject({
  ...questionArgs,
  /** Seconds in which it may become right. */
  wait_for: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
});

export default defineState({
  summary: 'A web server gives the answer that is expected.',
  example: `
http://localhost:8080/health:
  http.query:
    - status: 200
    - match: healthy
`,
  args,
  reads: [],
  check: checkQuestion,
  read: () => undefined,
  plan: (given) => planQuestion(given, given.wait_for),
  report: reportQuestion,
});
