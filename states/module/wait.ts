import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { checkCalls, moduleArgs, planCalls, readCalls, reportCalls } from './calls.ts';

export default defineState({
  summary: 'Execution functions are called when something that is watched has changed.',
  example: `
/etc/motd:
  file.managed:
    - contents: Hello

tell-of-it:
  module.wait:
    - test.echo: [the greeting has changed]
    - watch:
      - file: /etc/motd
`,
  args: v.strictObject(moduleArgs),
  keywords: 'functions',
  reads: [],
  check: checkCalls,
  read: readCalls,
  plan: () => alreadyRight(''),
  report: reportCalls,
  refresh: planCalls,
});
