import * as v from 'valibot';
import { beaconAt, readKept } from '../../lib/beacons/kept.ts';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { beaconName } from './arguments.ts';
import { planEnabled } from './switch.ts';

export default defineState({
  summary: 'A beacon that the minion has is switched on. One that it has not is a failure: Salt takes that for well.',
  example: `
load:
  beacon.present:
    - averages:
        1m: [0.0, 4.0]
    - enabled: false

switch:
  beacon.enabled:
    - name: load
`,
  args: v.strictObject({ name: beaconName }),
  reads: ['files'],
  read: readKept,
  plan: ({ name }, kept) =>
    beaconAt(kept, name) === undefined && kept.file.problem === undefined
      ? impossible(`${name} not a configured beacon`)
      : planEnabled(name, true, kept),
});
