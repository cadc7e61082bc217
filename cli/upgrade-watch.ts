import { realpathSync } from 'node:fs';
import { systemClock } from '../lib/clock.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { lineLog } from '../lib/log.ts';
import { seeUpgradeThrough } from '../minion/upgrade/see-through.ts';
import type { Io } from './io.ts';

/** Not for people: sees an upgrade of the minion through, in a process of its own. */
export default async function upgradeWatch([root, surplus]: readonly string[], io: Io): Promise<number> {
  if (root === undefined || surplus !== undefined)
    throw cliErrors.surplus({ verb: 'upgrade-watch', word: surplus ?? '' });
  const log = lineLog(
    (line) => io.err(line),
    () => Date.now(),
  );
  await seeUpgradeThrough({ root: realpathSync(root), clock: systemClock, log });
  return 0;
}
