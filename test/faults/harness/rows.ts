import { clockRows } from './rows/clocks.ts';
import { damageRows } from './rows/damage.ts';
import { diskRows } from './rows/disks.ts';
import { linkRows } from './rows/links.ts';
import { peerRows } from './rows/peers.ts';
import { processRows } from './rows/processes.ts';
import { reactorRows } from './rows/reactors.ts';
import type { Row } from './row.ts';

/** The fault matrix: every row that a whole cluster can show. */
export const rows: readonly Row[] = [
  ...processRows,
  ...linkRows,
  ...diskRows,
  ...damageRows,
  ...clockRows,
  ...peerRows,
  ...reactorRows,
];
