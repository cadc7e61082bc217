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
  wantedText,
  writeSteps,
  type SystemdFacts,
} from './files.ts';
import { whatIsMisshapen } from './unit-text.ts';

const args = v.strictObject({
  /** The file's name, with or without `.conf`. */
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9:_@][A-Za-z0-9:_.@-]*$/, 'the name of a file, such as limits')),
  unit: unitName,
  ...textArgs,
});

interface Facts extends SystemdFacts {
  readonly wanted: string;
  readonly current: string | undefined;
  readonly hasFolder: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'A unit has a drop-in of this text: settings that go over those of its unit file. systemd reads it anew.',
  example: `
limits:
  systemd.dropin:
    - unit: nginx.service
    - sections:
        Service:
          LimitNOFILE: 65536
`,
  args,
  reads: ['files', 'services'],
  check: checkText,
  needs: sourcesOf,
  async read(given, machine) {
    const place = placeOf(given);
    return {
      ...readSystemd(machine),
      wanted: await wantedText(given, machine),
      current: currentText(machine, place),
      hasFolder: machine.files.follow(`${folder}/${given.unit}.d`) !== undefined,
    };
  },
  plan(given, facts) {
    const { wanted, current, hasFolder } = facts;
    const { name, unit } = given;
    const problem = whatIsMisshapen(wanted);
    if (problem !== undefined) return impossible(`The text for drop-in ${name} of ${unit} is no unit file: ${problem}`);
    if (wanted === current) return alreadyRight(`Drop-in ${name} of ${unit} is in the correct state`);
    const isNew = current === undefined;
    return {
      changes: { [`${unit}.d/${fileOf(name)}`]: isNew ? 'New drop-in' : 'Changed' },
      comment: `Drop-in ${name} of ${unit} would be ${isNew ? 'created' : 'changed'}`,
      done: `Drop-in ${name} of ${unit} was ${isNew ? 'created' : 'changed'}`,
      steps: [...writeSteps(placeOf(given), wanted, hasFolder), ...reloadSteps(facts)],
    };
  },
});

function fileOf(name: string): string {
  return name.endsWith('.conf') ? name : `${name}.conf`;
}

function placeOf({ name, unit }: { readonly name: string; readonly unit: string }): string {
  return `${folder}/${unit}.d/${fileOf(name)}`;
}
