import { systemClock } from '../../lib/clock.ts';
import type { GrainContext } from '../../lib/contracts/grains.ts';
import type { JsonMap } from '../../lib/json.ts';
import { lineLog } from '../../lib/log.ts';
import { createProcesses } from '../../lib/system/processes.ts';
import { systemSource } from '../grains/source.ts';

/** What files of grains are handed. */
export function grainContext(given: {
  readonly id: string;
  readonly opts: JsonMap;
  readonly grains: JsonMap;
  readonly root: string;
}): GrainContext {
  const { id, opts, grains, root } = given;
  const source = systemSource(root);
  return {
    id,
    opts,
    grains,
    readText: (file) => source.readText(file),
    list: (folder) => source.list(folder),
    // Nothing is run as somebody else.
    processes: createProcesses({ root: '/', user: () => undefined, clock: systemClock }),
    log: lineLog(
      (line) => void process.stderr.write(line),
      () => Date.now(),
    ),
  };
}
