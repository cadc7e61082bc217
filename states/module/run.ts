import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkCalls, moduleArgs, planCalls, readCalls, reportCalls } from './calls.ts';

export default defineState({
  summary: 'Execution functions are called, one after the other, each time.',
  example: `
say-hello:
  module.run:
    - test.echo: [hello]
    - cmd.run:
      - id --user
      - cwd: /tmp

the-older-way:
  module.run:
    - name: test.echo
    - text: hello
`,
  args: v.strictObject(moduleArgs),
  keywords: 'functions',
  reads: [],
  check: checkCalls,
  read: readCalls,
  plan: planCalls,
  report: reportCalls,
});
