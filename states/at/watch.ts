import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import present from './present.ts';

export default defineState({
  ...present,
  summary: 'When something that is watched has changed, a command waits for its time to be run once.',
  example: `
/etc/app.conf:
  file.managed:
    - contents: 'workers: 4'

restart-app:
  at.watch:
    - job: systemctl restart app
    - timespec: now + 1 hour
    - watch:
      - file: /etc/app.conf
`,
  plan: () => alreadyRight(''),
  refresh: (given, facts) => present.plan(given, facts),
});
