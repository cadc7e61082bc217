import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import script from './script.ts';

export default defineState({
  ...script,
  summary: 'A script is run when something that is watched has changed.',
  example: `
/etc/app.conf:
  file.managed:
    - contents: 'workers: 4'

tell-app:
  cmd.wait_script:
    - source: salt://app/reload.sh
    - watch:
      - file: /etc/app.conf
`,
  plan: () => alreadyRight(''),
});
