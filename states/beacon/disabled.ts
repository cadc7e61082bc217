import * as v from 'valibot';
import { beaconAt, readKept } from '../../lib/beacons/kept.ts';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { beaconName } from './arguments.ts';
import { planEnabled } from './switch.ts';

export default defineState({
  summary: 'A beacon stays where it is set, and does not look.',
  example: `
load:
  beacon.present:
    - averages:
        1m: [0.0, 4.0]
    - enabled: true

switch:
  beacon.disabled:
    - name: load
`,
  args: v.strictObject({ name: beaconName }),
  reads: ['files'],
  read: readKept,
  plan: ({ name }, kept) =>
    beaconAt(kept, name) === undefined && kept.file.problem === undefined
      ? alreadyRight(`Job ${name} is not configured.`)
      : planEnabled(name, false, kept),
});
