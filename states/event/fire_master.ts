import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { eventArgs, planEvent, readEvent, reportEvent } from './firing.ts';

export default defineState({
  summary: 'An event is sent to the master each time: its tag is the name.',
  example: `
site/app/deployed:
  event.fire_master:
    - data:
        version: 1.4.2
`,
  args: v.strictObject(eventArgs),
  reads: [],
  read: readEvent,
  plan: planEvent,
  report: reportEvent,
});
