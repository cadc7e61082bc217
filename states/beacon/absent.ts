import * as v from 'valibot';
import { beaconAt, readKept, whyFixed, writeBeacon } from '../../lib/beacons/kept.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { beaconName, save, withSaved } from './arguments.ts';

export default defineState({
  summary: 'The minion has no beacon of this name.',
  example: `
load:
  beacon.absent: []
`,
  args: v.strictObject({ name: beaconName, save }),
  reads: ['files'],
  read: readKept,
  plan(given, kept) {
    const { name } = given;
    if (beaconAt(kept, name) === undefined && kept.file.problem === undefined)
      return alreadyRight(withSaved(`${name} not configured in beacons`, given, 'saved'));
    const fixed = whyFixed(kept, name, 'delete');
    if (fixed !== undefined) return impossible(fixed);
    return {
      changes: { [name]: 'removed' },
      comment: withSaved(`Beacon: ${name} would be deleted.`, given, 'would be saved'),
      done: withSaved(`Removed ${name} from beacons`, given, 'saved'),
      steps: writeBeacon(kept, name, undefined),
    };
  },
});
