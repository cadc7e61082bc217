import path from 'node:path';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { UpgradeRequest } from '../../lib/contracts/execution.ts';
import { upgradeErrors } from '../../lib/errors/upgrade.ts';
import { asText, type JsonMap } from '../../lib/json.ts';
import { tryLock } from '../../lib/process-lock.ts';
import type { Ask } from '../fetched-files.ts';
import { runningStates } from '../state-lock.ts';
import { installationOf, versionIn } from './layout.ts';
import { provideVersion } from './provide.ts';
import { directoryOf, readPending } from './record.ts';

/** What a job's process asks its minion: to see the upgrade through. */
export const HAND_OVER = 'minion.hand_over';

export interface UpgradeParts {
  readonly jid: string;
  /** The program that runs. */
  readonly script: string;
  readonly configDir: string;
  readonly cachedir: string;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const LOOK_AGAIN_MS = 500;

/**
 * What a job does for an upgrade: it fetches the bundle, unpacks it beside what runs, tries it, waits until nothing else
 * runs, and hands over to the minion. Then the job is the minion's, and ends as the upgrade does. Raises `TS_UPGRADE_...`;
 * then nothing was switched.
 */
export async function upgradeMinion(request: UpgradeRequest, parts: UpgradeParts): Promise<JsonMap> {
  const { script, configDir, ask, signal } = parts;
  const installation = installationOf(script);
  if (!installation) throw upgradeErrors.notInstalled({ script });
  const { root, own } = installation;
  const { arch } = process;
  const sha256 = Object.hasOwn(request.bundles, arch) ? request.bundles[arch] : undefined;
  if (sha256 === undefined) {
    const known = Object.keys(request.bundles).join(', ');
    throw known === '' ? upgradeErrors.notAsked(undefined) : upgradeErrors.noneForMachine({ arch, known });
  }
  const lock = tryLock(path.join(directoryOf(root), 'prepare.lock'), parts.jid);
  if (!lock.held) throw upgradeErrors.underWay({ jid: lock.holder.purpose });
  try {
    const pending = readPending(root);
    if (pending) throw upgradeErrors.underWay({ jid: pending.jid });
    const to = await provideVersion({ root, sha256, configDir, ask, signal });
    if (to === own) return { outcome: 'unchanged', version: versionIn(own) };
    await handOver(to, request, parts);
    return { outcome: 'begun' };
  } finally {
    lock.release();
  }
}

/** Waits until the minion has nothing else to do, and takes it. Raises `TS_UPGRADE_STILL_BUSY`. */
async function handOver(
  to: string,
  { confirmSeconds, waitSeconds }: UpgradeRequest,
  { jid, ask, cachedir, clock, signal }: UpgradeParts,
): Promise<void> {
  for (const late = clock.monotonic() + waitSeconds * 1000; ; await sleep(clock, LOOK_AGAIN_MS)) {
    signal.throwIfAborted();
    const states = runningStates(cachedir);
    const { busy } = states.length === 0 ? await ask(HAND_OVER, { jid, to, confirm_seconds: confirmSeconds }) : {};
    if (states.length === 0 && !Array.isArray(busy)) return;
    if (clock.monotonic() < late) continue;
    const jobs = [...states, ...(Array.isArray(busy) ? busy.map(asText) : [])].join(', ');
    throw upgradeErrors.stillBusy({ seconds: waitSeconds, jobs });
  }
}
