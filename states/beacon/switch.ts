import { beaconAt, isEnabled, switched, whyFixed, writeBeacon, type KeptBeacons } from '../../lib/beacons/kept.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';

/** The plan of whether a beacon that is there runs. */
export function planEnabled(name: string, enabled: boolean, kept: KeptBeacons): Plan {
  const word = enabled ? 'enabled' : 'disabled';
  const beacon = beaconAt(kept, name);
  if (beacon !== undefined && isEnabled(beacon) === enabled) return alreadyRight(`Beacon ${name} is already ${word}`);
  const fixed = whyFixed(kept, name, enabled ? 'enable' : 'disable');
  if (fixed !== undefined) return impossible(fixed);
  return {
    changes: { [name]: word },
    comment: `Beacon ${name} would be ${word}.`,
    done: enabled ? `Enabled ${name} from beacons` : `Disabled beacon ${name}.`,
    steps: writeBeacon(kept, name, switched(beacon, enabled)),
  };
}
