import * as v from 'valibot';
import { systemClock } from '../../lib/clock.ts';
import type { CustomBeacon, Watching } from '../../lib/contracts/beacon.ts';
import { loadCustom, type LoadedCustom } from '../../lib/custom/load.ts';
import { describe, expectedOf } from '../../lib/describe.ts';
import { beaconErrors } from '../../lib/errors/beacons.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { ModuleTree } from '../../lib/modules/load.ts';
import { serve } from '../../lib/system/child/serve.ts';
import { systemContext } from '../lookout/system.ts';
import type { SentFile } from './turns.ts';

/** What a beacon's process is told first. */
export interface BeaconStart {
  readonly name: string;
  readonly environment: string;
  readonly path: string;
  readonly files: readonly SentFile[];
  readonly parameters: Json;
}

/** Is the process of one beacon: `start`, then `look` as often as it is asked. */
export function serveBeacon(treeFor: (files: readonly SentFile[], environment: string) => ModuleTree): void {
  let loaded: LoadedCustom | undefined;
  let watching: Watching | undefined;

  async function start({ name, environment, path, files, parameters }: BeaconStart): Promise<null> {
    loaded = await loadCustom('beacons', path, treeFor(files, environment));
    // Its kind's shape has it.
    const beacon = loaded.value as CustomBeacon;
    const parsed = v.safeParse(beacon.parameters, parameters);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      const option = (issue.path ?? []).map(({ key }) => String(key)).join(': ');
      throw beaconErrors.badOption({
        beacon: name,
        option,
        expected: expectedOf(issue),
        got: describe(issue.input),
      });
    }
    const context = systemContext(systemClock, () => false);
    watching = await loaded.during(() => beacon.start(parsed.output, context));
    return null;
  }

  serve(async (what, of) => {
    // Its master is the minion, which says what it has to.
    if (what === 'start') return start(of as unknown as BeaconStart);
    if (what !== 'look' || !loaded || !watching) throw new RangeError(`not answered here: ${what}`);
    const { during } = loaded;
    const own = watching;
    const events = await during(() => own.look());
    return JSON.parse(JSON.stringify(events)) as JsonMap[];
  });
}
