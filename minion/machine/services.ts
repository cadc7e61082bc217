import { sleep, systemClock, type Clock } from '../../lib/clock.ts';
import type {
  CommandResult,
  Processes,
  ServiceFacts,
  ServiceStep,
  ServiceView,
  StepResult,
} from '../../lib/contracts/machine.ts';
import { serviceErrors } from '../../lib/errors/services.ts';
import type { Init } from './services/init.ts';
import { fileFacts, parseShown, parseUnitFiles, showUnits, type Shown } from './services/show.ts';
import { whatIsWrong } from './services/trouble.ts';

export interface ServiceOptions {
  readonly root: string;
  /** Run on this machine itself, also when `root` is another tree: systemctl goes into that one by itself. */
  readonly processes: Processes;
  readonly init: Init;
  readonly clock?: Clock;
}

export interface Services extends ServiceView {
  perform(step: ServiceStep): Promise<StepResult>;
  /** Which of them run now, asked in one go; one that does not exist does not. Raises `TS_SERVICES_NOT_RUNNING`. */
  running(names: readonly string[]): Promise<ReadonlyMap<string, boolean>>;
  /** Somebody else may have changed them: they are read again. */
  forget(): void;
}

/** How long a unit that says nothing of when it is ready has to stay alive after its start. */
const SETTLE_MS = 300;
const LOOK_EVERY_MS = 100;
const suffix = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;
const unitName = /^[A-Za-z0-9:_.\\@-]{1,255}$/;
const nothing: ServiceFacts = { exists: false, running: false, enabled: false, masked: false, static: false };
const env = { LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: 'cat' };

/**
 * systemd's units. One call of systemctl reads all that are loaded. Raises `TS_SERVICES_NOT_RUNNING`,
 * `TS_SERVICES_UNAVAILABLE`, `TS_SERVICES_LIST_FAILED` and `TS_SERVICES_FAILED`.
 */
export function createServices({ root, processes, init, clock = systemClock }: ServiceOptions): Services {
  const online = root === '/' && init.systemd;
  const inTree = online ? [] : [`--root=${root}`];
  const unavailable = init.systemctl ? undefined : 'there is no systemctl here';
  const notRunning = online
    ? undefined
    : root === '/'
      ? `systemd is not running here (PID 1 is ${init.name})`
      : `systemd is not running here (what is managed is the tree under ${root})`;
  let units: Map<string, Shown> | undefined;
  let files: Map<string, string> | undefined;

  const run = (...argv: readonly string[]): Promise<CommandResult> => processes.run({ argv, env });

  async function shown(...asked: readonly string[]): Promise<Shown[]> {
    const result = await run(...showUnits(...asked));
    if (result.code !== 0) throw serviceErrors.listFailed({ reason: lastLines(result.stderr) });
    return parseShown(result.stdout);
  }

  async function lookOnline(unit: string): Promise<ServiceFacts> {
    // All that are loaded come with the first one; later ones are asked for by name.
    const answer = units?.has(unit) ? [] : await shown(...(units ? [] : ['*.service']), unit);
    units ??= new Map();
    for (const facts of answer) {
      // A unit that does not exist may be made later in this run.
      if (facts.exists) for (const name of facts.names) units.set(name, facts);
    }
    const facts = units.get(unit);
    if (!facts) return nothing;
    return facts.generated ? { ...plain(facts), enabled: await isEnabled(unit) } : plain(facts);
  }

  async function lookAtFiles(unit: string): Promise<ServiceFacts> {
    files ??= await listFiles();
    const state = files.get(unit) ?? files.get(unit.replace(/@.*\./, '@.'));
    // Systemctl itself knows whether an instance of a template is enabled.
    const known = unit.includes('@') || state === 'generated' || state === 'alias';
    if (state === undefined) return nothing;
    const facts = { ...nothing, exists: true, ...fileFacts(state) };
    return known ? { ...facts, enabled: await isEnabled(unit) } : facts;
  }

  async function listFiles(): Promise<Map<string, string>> {
    const result = await run('systemctl', ...inTree, 'list-unit-files', '--no-legend', '--no-pager', '--full');
    if (result.code !== 0) throw serviceErrors.listFailed({ reason: lastLines(result.stderr) });
    return parseUnitFiles(result.stdout);
  }

  async function isEnabled(unit: string): Promise<boolean> {
    return (await run('systemctl', ...inTree, 'is-enabled', '--quiet', '--', unit)).code === 0;
  }

  function forget(): void {
    units = undefined;
    files = undefined;
  }

  async function one(unit: string): Promise<Shown | undefined> {
    return (await shown(unit))[0];
  }

  async function perform(step: ServiceStep): Promise<StepResult> {
    const { action } = step;
    const unit = fullName(step.unit);
    if (unavailable !== undefined) throw serviceErrors.unavailable({ reason: unavailable });
    const onFiles = action === 'enable' || action === 'disable' || action === 'mask' || action === 'unmask';
    if (!onFiles && notRunning !== undefined) throw serviceErrors.notRunning({ reason: notRunning });
    forget();
    if (!onFiles && (await one(unit))?.outdated) await must(step.unit, action, 'systemctl', 'daemon-reload');
    const began = clock.now();
    const result = await run('systemctl', ...(onFiles ? inTree : []), action, '--no-ask-password', '--', unit);
    if (result.code !== 0) {
      const details = onFiles ? [] : await journal(unit, began);
      throw failed(step, [lastLines(result.stderr), ...details].join('\n'));
    }
    // A mask at run time is another one.
    if (action === 'unmask' && online && (await one(unit))?.masked)
      await must(step.unit, action, 'systemctl', '--runtime', 'unmask', '--', unit);
    if (step.delayMs !== undefined) await sleep(clock, step.delayMs);
    if (action === 'start' || action === 'restart' || action === 'reload') await watchItLive(step, unit, began);
    if (action === 'stop') await watchItEnd(step, unit);
    return { did: 'service' };
  }

  async function must(unit: string, verb: string, ...argv: readonly string[]): Promise<void> {
    const result = await run(...argv);
    if (result.code !== 0) throw serviceErrors.failed({ unit, verb, reason: lastLines(result.stderr) });
  }

  /** Returns when the unit is up and stays so; raises with its own last words when it is not. */
  async function watchItLive(step: ServiceStep, unit: string, began: number): Promise<void> {
    const start = clock.monotonic();
    for (;;) {
      const now = await one(unit);
      const waited = clock.monotonic() - start;
      const trouble = whatIsWrong(now, waited);
      if (trouble !== undefined) throw failed(step, [trouble, ...(await journal(unit, began))].join('\n'));
      // Others tell systemd when they are ready; these count as started as soon as there is a process.
      const saysNothing = step.action !== 'reload' && ['simple', 'idle', 'exec'].includes(now?.type ?? '');
      if (now?.running && (!saysNothing || waited >= SETTLE_MS)) return;
      await sleep(clock, LOOK_EVERY_MS);
    }
  }

  async function watchItEnd(step: ServiceStep, unit: string): Promise<void> {
    const now = await one(unit);
    if (now?.running) throw failed(step, `it is still ${now.active} (${now.sub})`);
  }

  async function journal(unit: string, sinceMs: number): Promise<string[]> {
    // What it wrote last may not be in there yet.
    await run('journalctl', '--sync');
    const since = `--since=@${(Math.floor(sinceMs / 1000) - 1).toFixed(0)}`;
    const result = await run('journalctl', '--no-pager', '-q', '-o', 'cat', '-n', '10', since, '-u', unit);
    const lines = result.stdout.trim();
    return result.code === 0 && lines !== '' ? [`its journal ends with:\n${lines}`] : [];
  }

  return {
    unavailable,
    notRunning,
    async look(name) {
      const unit = fullName(name);
      if (unavailable !== undefined || !unitName.test(unit)) return nothing;
      return online ? lookOnline(unit) : lookAtFiles(unit);
    },
    async running(names) {
      if (notRunning !== undefined) throw serviceErrors.notRunning({ reason: notRunning });
      const asked = names.filter((name) => unitName.test(fullName(name)));
      const found = asked.length === 0 ? [] : await shown(...asked.map(fullName));
      const now = new Set(found.filter((unit) => unit.running).flatMap((unit) => unit.names));
      return new Map(names.map((name) => [name, now.has(fullName(name))]));
    },
    async names() {
      if (unavailable !== undefined) return [];
      return [...(await listFiles()).keys()].sort();
    },
    perform,
    forget,
  };
}

/** `ssh` is `ssh.service`, as systemctl takes it. */
function fullName(name: string): string {
  return suffix.test(name) ? name : `${name}.service`;
}

function plain({ exists, running, enabled, masked, static: isStatic }: Shown): ServiceFacts {
  return { exists, running, enabled, masked, static: isStatic };
}

function failed({ unit, action }: ServiceStep, reason: string) {
  return serviceErrors.failed({ unit, verb: action === 'stop' ? 'die' : action, reason });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join('\n') || 'it gave no reason';
}
