import { sleep, systemClock } from '../../../lib/clock.ts';
import type {
  CommandResult,
  FileView,
  OfferOptions,
  PackageFacts,
  PackageOffer,
  PackageStep,
  StepResult,
} from '../../../lib/contracts/machine.ts';
import { packageErrors } from '../../../lib/errors/packages.ts';
import {
  askAltered,
  askPolicy,
  askUpgrades,
  describeFile,
  finishInterrupted,
  hasStaleLists,
  isLocked,
  LOCK_TIMEOUT_S,
  markHeld,
  reasonOf,
  transaction,
  updateLists,
  wasInterrupted,
} from './apt.ts';
import { withoutServices } from './asleep.ts';
import { offersOf, type Lists } from './offers.ts';
import { difference, isDowngrade, shortfall } from './outcome.ts';
import { archivesIn, listsUpdatedMs, parseAltered, parseControl, parseSimulation } from './reading.ts';
import { parsePolicy } from './policy.ts';
import type { PackageOptions, Packages } from './parts.ts';
import { sourcesOf } from './sources.ts';
import { databaseName, parseStatus, type DpkgStatus } from './status.ts';

const DATABASE = '/var/lib/dpkg/status';
/** deb-control(5), with an architecture; nothing that apt-get would take for an option, a pattern or an order. */
const packageName = /^[A-Za-z0-9][A-Za-z0-9+.-]*(:[a-z0-9-]+)?$/;

/**
 * Debian's packages: read from dpkg's own database, changed by apt-get. Raises `TS_PACKAGES_UNCHANGEABLE`,
 * `TS_PACKAGES_REFRESH_FAILED` and `TS_PACKAGES_QUERY_FAILED`.
 */
export function createDebianPackages({
  files,
  asleep = false,
  processes,
  uid,
  clock = systemClock,
}: PackageOptions): Packages {
  let status: DpkgStatus | undefined;
  let updating: { readonly sources: string; readonly done: Promise<void> } | undefined;
  let questions = 0;
  /** By release; undefined for what was asked and is on offer nowhere. Holds for the sources that were asked. */
  const offered = new Map<string, Map<string, PackageOffer | undefined>>();
  let offeredBy = '';

  const unavailable = (): string | undefined =>
    files.follow(DATABASE) ? undefined : `there is no dpkg database here (${DATABASE})`;

  function unchangeable(): string | undefined {
    if (uid !== 0) return `that takes root (this process runs as uid ${uid})`;
    return unavailable() ?? (files.follow('/usr/bin/apt-get') ? undefined : 'there is no apt-get here');
  }

  function database(): DpkgStatus {
    status ??= unavailable() === undefined ? readDatabase(files) : parseStatus('', undefined);
    return status;
  }

  function forget(): void {
    status = undefined;
  }

  /** The lists were updated in this run, and the sources are still the same. */
  const updated = (): boolean => updating !== undefined && updating.sources === sourcesOf(files);

  /** At most once a run for the same sources, however often it is asked for. */
  function update(): Promise<void> {
    if (!updating || !updated()) updating = { sources: sourcesOf(files), done: runUpdate() };
    return updating.done;
  }

  async function runUpdate(): Promise<void> {
    const deadline = clock.monotonic() + LOCK_TIMEOUT_S * 1000;
    let result = await processes.run(updateLists());
    while (result.code !== 0 && isLocked(result) && clock.monotonic() < deadline) {
      await sleep(clock, 500);
      result = await processes.run(updateLists());
    }
    offered.clear();
    if (result.code !== 0) throw packageErrors.refreshFailed({ reason: reasonOf(result) });
  }

  async function ask(names: readonly string[], release: string | undefined): Promise<Map<string, PackageOffer>> {
    const sources = sourcesOf(files);
    if (sources !== offeredBy) offered.clear();
    offeredBy = sources;
    const known = offered.get(release ?? '') ?? new Map<string, PackageOffer | undefined>();
    offered.set(release ?? '', known);
    const unknown = names.filter((name) => packageName.test(name) && !known.has(databaseName(name, database().native)));
    if (unknown.length > 0) {
      // apt-cache takes as long for one name as for all: who comes a second time will come again.
      const ahead = questions++ === 0 ? [] : database().packages.keys();
      const all = [...new Set([...unknown, ...ahead].map((name) => databaseName(name, database().native)))];
      const result = await processes.run(askPolicy(all, release));
      if (result.code !== 0) throw packageErrors.queryFailed({ reason: reasonOf(result) });
      const offers = parsePolicy(result.stdout);
      for (const name of all) known.set(name, offers.get(name));
    }
    return new Map(
      names.flatMap((name) => {
        const offer = known.get(databaseName(name, database().native));
        return offer ? [[name, offer] as const] : [];
      }),
    );
  }

  /** Lists that are young enough need no update. */
  async function updateIfOld(validMs = 0): Promise<void> {
    if (validMs > 0 && clock.now() - listsUpdatedMs(files) < validMs) return;
    await update();
  }

  const lists: Lists = { ask, update: updateIfOld, isUpdated: updated, mayUpdate: () => unchangeable() === undefined };
  const offers = (names: readonly string[], options?: OfferOptions) => offersOf(lists, names, options);

  async function upgrades(full: boolean, { release, refresh, validMs }: OfferOptions = {}) {
    if (refresh === 'always' && unchangeable() === undefined) await updateIfOld(validMs);
    const result = await processes.run(askUpgrades(full, release));
    if (result.code !== 0) throw packageErrors.queryFailed({ reason: reasonOf(result) });
    return parseSimulation(result.stdout);
  }

  async function altered(names: readonly string[]) {
    const found = new Map<string, Record<string, string>>();
    // It does not say whose file it is where it is asked about several.
    for (const name of names) {
      const result = await processes.run(askAltered(name));
      const files = parseAltered(result.stdout);
      if (Object.keys(files).length > 0) found.set(name, files);
    }
    return found;
  }

  async function describe(file: { path: string } | { content: Buffer }) {
    const result = await processes.run(describeFile(file));
    return result.code === 0 ? parseControl(result.stdout, database().native) : undefined;
  }

  /** Names on offer nowhere and unknown to dpkg: apt would take them for patterns, or for orders to do something else. */
  async function unheardOf({ install, release }: PackageStep): Promise<string[]> {
    const names = install.filter(({ file }) => file === undefined).map(({ name }) => name);
    if (names.length === 0) return [];
    const offers = await ask(names, release);
    return names.filter((name) => !offers.has(name) && !present(name));
  }

  const present = (name: string): PackageFacts | undefined =>
    database().packages.get(databaseName(name, database().native));

  async function perform(asked: PackageStep): Promise<StepResult> {
    const reason = unchangeable();
    if (reason !== undefined) throw packageErrors.unchangeable({ reason });
    if (asked.refresh === true) await update();
    const step = { ...asked, remove: asked.remove.filter(present) };
    const { hold = [], unhold = [] } = step;
    if (unhold.length > 0) await mark('unhold', unhold);
    const idle = step.install.length + step.remove.length === 0 && step.upgrade === undefined;
    const result: StepResult = idle ? { did: 'packages', changed: {} } : await changeAsAsked(step);
    if (hold.length > 0 && (result.did !== 'packages' || result.failed === undefined)) await mark('hold', hold);
    return result;
  }

  async function mark(how: 'hold' | 'unhold', names: readonly string[]): Promise<void> {
    const result = await processes.run(markHeld(how, names));
    forget();
    if (result.code !== 0) throw packageErrors.failed({ reason: reasonOf(result) });
  }

  async function changeAsAsked(step: PackageStep): Promise<StepResult> {
    let unknown = await unheardOf(step);
    if (unknown.length > 0 && !updated()) {
      await update();
      unknown = await unheardOf(step);
    }
    if (unknown.length > 0)
      return { did: 'packages', changed: {}, failed: `no package source has ${unknown.join(', ')}` };
    return transact(step);
  }

  async function transact(step: PackageStep): Promise<StepResult> {
    const before = database();
    const command = transaction(
      step,
      step.install.some((wanted) => isDowngrade(wanted, before)),
    );
    const begin = async (): Promise<CommandResult> => {
      const first = await processes.run(command);
      if (!wasInterrupted(first)) return first;
      await processes.run(finishInterrupted());
      return processes.run(command);
    };
    const attempt = asleep ? () => withoutServices(files, begin) : begin;
    let result = await attempt();
    if (result.code !== 0 && hasStaleLists(result) && !updated()) {
      await update();
      result = await attempt();
    }
    forget();
    const after = database();
    const complaint = step.downloadOnly ? undefined : shortfall(step, after);
    const failed = result.code === 0 ? complaint : reasonOf(result);
    return { did: 'packages', changed: difference(before, after), ...(failed === undefined ? {} : { failed }) };
  }

  return {
    manager: 'apt',
    ready: async () => {},
    get unavailable() {
      return unavailable();
    },
    get unchangeable() {
      return unchangeable();
    },
    get updated() {
      return updated();
    },
    installed: present,
    all: () => database().packages,
    offers,
    upgrades,
    altered,
    describe,
    downloaded: () => archivesIn(files),
    // Groups are dnf's.
    group: async () => undefined,
    perform,
    forget,
  };
}

function readDatabase(files: FileView): DpkgStatus {
  // The first line is the native architecture; without the file it is the one of dpkg itself.
  const native = files.follow('/var/lib/dpkg/arch') ? files.read('/var/lib/dpkg/arch').toString().split('\n')[0] : '';
  return parseStatus(files.read(DATABASE).toString(), native === '' ? undefined : native);
}
