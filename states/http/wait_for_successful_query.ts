import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkQuestion, planQuestion, questionArgs, reportQuestion } from './question.ts';

const args = v.strictObject({
  ...questionArgs,
  /** Seconds. */
  wait_for: v.optional(v.pipe(v.number(), v.minValue(0)), 300),
});

export default defineState({
  summary: 'A web server gives the answer that is expected, within some time.',
  example: `
http://localhost:8080/health:
  http.wait_for_successful_query:
    - status: 200
    - wait_for: 60
    - request_interval: 2
`,
  args,
  reads: [],
  check: checkQuestion,
  read: () => undefined,
  plan: (given) => planQuestion(given, given.wait_for),
  report: reportQuestion,
});
