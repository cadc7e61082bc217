import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { eventArgs, planEvent, readEvent, reportEvent } from './firing.ts';

export default defineState({
  summary: 'An event is sent to the master when something that is watched has changed.',
  example: `
/etc/app.conf:
  file.managed:
    - contents: 'port: 8080'

site/app/configured:
  event.wait:
    - data:
        port: 8080
    - watch:
      - file: /etc/app.conf
`,
  args: v.strictObject(eventArgs),
  reads: [],
  read: readEvent,
  plan: () => alreadyRight(''),
  report: reportEvent,
  refresh: planEvent,
});
