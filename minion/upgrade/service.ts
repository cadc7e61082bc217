import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { sleep, type Clock } from '../../lib/clock.ts';
import { upgradeErrors } from '../../lib/errors/upgrade.ts';
import { holderOf } from '../../lib/process-lock.ts';
import { command } from './command.ts';
import { versionIn } from './layout.ts';
import { watcherLock, type UpgradeRecord } from './record.ts';
import type { WatchParts } from './watch.ts';

type ServiceName = UpgradeRecord['service'];
type Service = Pick<WatchParts, 'restart' | 'trouble'>;

/** Where our units lead to. */
const systemRoot = '/opt/tsalt';
const unitDirectory = '/etc/systemd/system';
const minionUnit = 'tsalt-minion.service';
const watcherUnit = 'tsalt-upgrade.service';

/** systemd stops a minion within a minute (`TimeoutStopSec`). */
const SYSTEMCTL_MS = 120_000;
const STOP_MS = 60_000;
const LOOK_AGAIN_MS = 200;
/** A minion that systemd had to start again so often will not stay. */
const MOST_RESTARTS = 3;

/** What runs this minion: our unit of systemd, or whoever gave it these words. */
export async function serviceOfThis(root: string, lock: string): Promise<ServiceName> {
  if (existsSync('/run/systemd/system') && existsSync(systemRoot) && root === realpathSync(systemRoot)) {
    if ((await property('MainPID')) === String(process.pid)) return { unit: minionUnit };
  }
  return { argv: process.argv.slice(2), lock };
}

/**
 * Starts what sees an upgrade through, outside of the minion that it ends: the program of the version that works. One that
 * runs already is left alone. Raises `TS_UPGRADE_NO_WATCHER`.
 */
export async function startWatcher(root: string, { service }: UpgradeRecord): Promise<void> {
  const previous = path.join(root, 'previous');
  if ('unit' in service) {
    if (!existsSync(path.join(unitDirectory, watcherUnit))) {
      // This version was installed by an installer that did not know of it.
      installUnit(path.join(previous, 'systemd', watcherUnit), watcherUnit);
      await command('systemctl', ['daemon-reload'], SYSTEMCTL_MS);
      await command('systemctl', ['enable', '--quiet', watcherUnit], SYSTEMCTL_MS);
    }
    const { ok, said } = await command('systemctl', ['start', watcherUnit], SYSTEMCTL_MS);
    if (!ok) throw upgradeErrors.noWatcher({ reason: said });
    return;
  }
  if (holderOf(watcherLock(root))) return;
  const child = spawn(path.join(previous, 'bin', 'tsalt'), ['upgrade-watch', root], {
    detached: true,
    stdio: 'inherit',
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(upgradeErrors.noWatcher({ reason: cause.message })));
  });
  child.unref();
}

/** How the minion of a record is ended and started. */
export function serviceOf(root: string, name: ServiceName, clock: Clock): Service {
  return 'unit' in name ? ofSystemd(root, name.unit) : ofNobody(root, name, clock);
}

function ofSystemd(root: string, unit: string): Service {
  let restartsBefore = 0;
  return {
    async restart(before, now) {
      await adoptUnits(root, before, now);
      const { ok, said } = await command('systemctl', ['restart', unit], SYSTEMCTL_MS);
      if (!ok) throw new Error(said);
      restartsBefore = Number(await property('NRestarts'));
    },
    async trouble() {
      const restarts = Number(await property('NRestarts')) - restartsBefore;
      if (!(restarts >= MOST_RESTARTS)) return undefined;
      return `its process ended ${restarts} times, with status ${await property('ExecMainStatus')}: journalctl -u ${unit} tells more`;
    },
  };
}

async function property(name: string): Promise<string> {
  const { stdout } = await command('systemctl', ['show', '--value', `--property=${name}`, minionUnit], SYSTEMCTL_MS);
  return stdout.trim();
}

/** Units that are as the one version brought them become those of the other; one that somebody has changed stays his. */
async function adoptUnits(root: string, before: string, now: string): Promise<void> {
  let changed = false;
  for (const unit of [minionUnit, watcherUnit]) {
    const [installed, old, fresh] = [
      path.join(unitDirectory, unit),
      path.join(root, before, 'systemd', unit),
      path.join(root, now, 'systemd', unit),
    ].map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined));
    if (fresh === undefined || installed === fresh || installed !== old) continue;
    installUnit(path.join(root, now, 'systemd', unit), unit);
    changed = true;
  }
  if (changed) await command('systemctl', ['daemon-reload'], SYSTEMCTL_MS);
}

function installUnit(from: string, unit: string): void {
  const file = path.join(unitDirectory, unit);
  copyFileSync(from, `${file}.new`);
  renameSync(`${file}.new`, file);
}

/** A minion that somebody started by hand: it is told to end, and another one starts with the same words. */
function ofNobody(root: string, { argv, lock }: Extract<ServiceName, { lock: string }>, clock: Clock): Service {
  let ended: string | undefined;
  return {
    async restart(_, now) {
      await end();
      ended = undefined;
      const child = spawn(path.join(root, 'current', 'bin', 'tsalt'), argv, { detached: true, stdio: 'inherit' });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      child.once('exit', (code, killer) => {
        ended = `the process of ${versionIn(now)} ended ${killer ? `by ${killer}` : `with ${code}`}`;
      });
      child.unref();
    },
    // Who watches over it may have been quicker, and then there is another one.
    trouble: async () => (holderOf(lock) ? undefined : ended),
  };

  async function end(): Promise<void> {
    for (const late = clock.monotonic() + STOP_MS; ; await sleep(clock, LOOK_AGAIN_MS)) {
      const holder = holderOf(lock);
      if (!holder) return rmSync(lock, { force: true });
      try {
        process.kill(holder.pid, clock.monotonic() < late ? 'SIGTERM' : 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
