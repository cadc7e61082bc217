import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  checkText,
  currentText,
  folder,
  readSystemd,
  reloadSteps,
  sourcesOf,
  textArgs,
  unitName,
  verifySteps,
  wantedText,
  writeSteps,
  type SystemdFacts,
} from './files.ts';
import { whatIsMisshapen } from './unit-text.ts';

const args = v.strictObject({
  name: unitName,
  ...textArgs,
  /** Whether systemd judges the file before it is written. */
  verify: v.optional(v.boolean(), true),
});

interface Facts extends SystemdFacts {
  readonly wanted: string;
  readonly current: string | undefined;
  readonly hasFolder: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'There is a unit file of this text; systemd has judged it before, and reads it anew.',
  example: `
app.service:
  systemd.unit:
    - sections:
        Unit:
          Description: The application
        Service:
          ExecStart: /usr/bin/sleep infinity
          User: nobody
        Install:
          WantedBy: multi-user.target
  service.running:
    - enable: true
    - watch:
      - systemd: app.service
`,
  args,
  reads: ['files', 'services'],
  check: checkText,
  needs: sourcesOf,
  async read(given, machine) {
    return {
      ...readSystemd(machine),
      wanted: await wantedText(given, machine),
      current: currentText(machine, `${folder}/${given.name}`),
      hasFolder: machine.files.follow(folder) !== undefined,
    };
  },
  plan({ name, verify }, facts) {
    const { wanted, current, hasFolder } = facts;
    const problem = whatIsMisshapen(wanted);
    if (problem !== undefined) return impossible(`The text for unit ${name} is no unit file: ${problem}`);
    if (wanted === current) return alreadyRight(`Unit ${name} is in the correct state`);
    const isNew = current === undefined;
    return {
      changes: { [name]: isNew ? 'New unit' : 'Changed' },
      comment: `Unit ${name} would be ${isNew ? 'created' : 'changed'}`,
      done: `Unit ${name} was ${isNew ? 'created' : 'changed'}`,
      steps: [
        ...(verify ? verifySteps(facts, name, wanted) : []),
        ...writeSteps(`${folder}/${name}`, wanted, hasFolder),
        ...reloadSteps(facts),
      ],
    };
  },
});
