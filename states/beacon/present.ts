import * as v from 'valibot';
import {
  beaconAt,
  isSameBeacon,
  readKept,
  shownBeacon,
  whatIsWrong,
  whyFixed,
  writeBeacon,
} from '../../lib/beacons/kept.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { contentDiff } from '../../lib/diff.ts';
import { beaconOf, presentArgs, withSaved } from './arguments.ts';

export default defineState({
  summary:
    'The minion has this beacon, with these options and no others. It is kept in `minion.d/beacons.conf`, with `save` or without.',
  example: `
sshd-config:
  beacon.present:
    - beacon_module: inotify
    - files:
        /etc/ssh/sshd_config:
          mask: [modify]
    - interval: 10
    - disable_during_state_run: true

load:
  beacon.present:
    - averages:
        1m: [0.0, 4.0]
    - onchangeonly: true
`,
  args: v.strictObject(presentArgs),
  keywords: 'options',
  reads: ['files'],
  check: (given) => whatIsWrong(given.name, beaconOf(given)),
  read: readKept,
  plan(given, kept) {
    const { name } = given;
    const beacon = beaconOf(given);
    const old = beaconAt(kept, name);
    if (isSameBeacon(old, beacon) && old !== undefined)
      return alreadyRight(withSaved(`Job ${name} in correct state`, given, 'saved'));
    const fixed = whyFixed(kept, name, 'modify');
    if (fixed !== undefined) return impossible(fixed);
    const diff = contentDiff(Buffer.from(shownBeacon(old)), Buffer.from(shownBeacon([...beacon])));
    const [would, did] = old === undefined ? ['added', `Adding ${name} to`] : ['modified', `Modifying ${name} in`];
    return {
      changes: old === undefined ? { [name]: 'added' } : { diff },
      comment: withSaved(`Beacon: ${name} would be ${would}.`, given, 'would be saved'),
      done: withSaved(`${did} beacons`, given, 'saved'),
      steps: writeBeacon(kept, name, beacon),
    };
  },
});
