import type { Shown } from './show.ts';

/** How long a start that systemd reports as done may go on as `activating`. */
const ACTIVATING_MS = 10_000;

/** Why a unit that was started can't be called running; undefined when it is, or may still become so. */
export function whatIsWrong(unit: Shown | undefined, waitedMs: number): string | undefined {
  if (!unit) return 'systemd does not know it';
  // systemd's own status for this (systemd.exec(5)).
  const why = unit.exitStatus === '203' ? ': its program could not be executed' : '';
  const ended = `${unit.outcome}, exit status ${unit.exitStatus}${why}`;
  if (unit.restarts > 0 || unit.sub === 'auto-restart') return `it ends again and again (${ended})`;
  if (unit.active === 'failed') return `it ended at once (${ended})`;
  if (unit.active === 'inactive' && unit.type === 'oneshot')
    return 'it is a oneshot unit, which is done when its command is: without RemainAfterExit= it never counts as running';
  if (unit.active === 'inactive') return `it ended at once (${ended})`;
  if (unit.active === 'activating' && waitedMs > ACTIVATING_MS) return `it is still activating (${unit.sub})`;
  return undefined;
}
