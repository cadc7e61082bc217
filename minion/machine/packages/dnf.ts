import { systemClock } from '../../../lib/clock.ts';
import type {
  CommandResult,
  OfferOptions,
  PackageFacts,
  PackageOffer,
  PackageStep,
  StepResult,
} from '../../../lib/contracts/machine.ts';
import { packageErrors } from '../../../lib/errors/packages.ts';
import { offersOf, type Lists } from './offers.ts';
import { difference, shortfall } from './outcome.ts';
import type { PackageOptions, Packages } from './parts.ts';
import {
  askAltered,
  askGroup,
  askInstalled,
  askOffers,
  askUpgrades,
  describeFile,
  lockCommand,
  parseAltered,
  parseGroup,
  parseInstalled,
  parseOffers,
  parseOne,
  parseUpgrades,
  plainName,
  reasonOf,
  transactions,
  updateLists,
} from './rpm.ts';
import type { DpkgStatus } from './status.ts';
import { lockedNames, repositoriesOf, versionLocks } from './yum.ts';

/**
 * Packages of rpm, changed by dnf: the same as for Debian. The database takes a process to read, once a run, in `ready`.
 * Raises `TS_PACKAGES_UNCHANGEABLE`, `TS_PACKAGES_REFRESH_FAILED`, `TS_PACKAGES_QUERY_FAILED` and `TS_PACKAGES_NOT_READY`.
 */
export function createDnfPackages({ files, processes, uid, clock = systemClock }: PackageOptions): Packages {
  let status: DpkgStatus | undefined;
  let updated: string | undefined;
  let updatedMs = 0;

  const program = (name: string): boolean => files.follow(`/usr/bin/${name}`) !== undefined;
  const unavailable = (): string | undefined => (program('rpm') ? undefined : 'there is no rpm here (/usr/bin/rpm)');

  function unchangeable(): string | undefined {
    if (uid !== 0) return `that takes root (this process runs as uid ${uid})`;
    return unavailable() ?? (program('dnf') ? undefined : 'there is no dnf here (/usr/bin/dnf)');
  }

  async function ready(): Promise<void> {
    if (status || unavailable() !== undefined) return;
    const result = await processes.run(askInstalled());
    if (result.code !== 0) throw packageErrors.queryFailed({ reason: reasonOf(result) });
    status = parseInstalled(result.stdout, lockedNames(files));
  }

  function database(): DpkgStatus {
    if (status) return status;
    if (unavailable() !== undefined) return { native: '', packages: new Map() };
    throw packageErrors.notReady(undefined);
  }

  const forget = (): void => void (status = undefined);
  const installed = (name: string): PackageFacts | undefined =>
    database().packages.get(plainName(name, database().native));
  const isUpdated = (): boolean => updated !== undefined && updated === repositoriesOf(files);

  async function update(validMs = 0): Promise<void> {
    if (isUpdated() && (validMs === 0 || clock.now() - updatedMs < validMs)) return;
    const result = await processes.run(updateLists());
    if (result.code !== 0) throw packageErrors.refreshFailed({ reason: reasonOf(result) });
    updated = repositoriesOf(files);
    updatedMs = clock.now();
  }

  async function ask(names: readonly string[], release: string | undefined): Promise<Map<string, PackageOffer>> {
    await ready();
    const result = await processes.run(askOffers(names, release));
    if (result.code !== 0) throw packageErrors.queryFailed({ reason: reasonOf(result) });
    const offers = parseOffers(result.stdout, database().native);
    return new Map(
      names.flatMap((name) => {
        const offer = offers.get(plainName(name, database().native));
        return offer ? [[name, offer] as const] : [];
      }),
    );
  }

  const lists: Lists = { ask, update, isUpdated, mayUpdate: () => unchangeable() === undefined };
  const offers = (names: readonly string[], options?: OfferOptions) => offersOf(lists, names, options);

  async function upgrades(_full: boolean, { release, refresh, validMs }: OfferOptions = {}) {
    if (refresh === 'always' && unchangeable() === undefined) await update(validMs);
    await ready();
    const result = await processes.run(askUpgrades(release));
    if (result.code !== 0) throw packageErrors.queryFailed({ reason: reasonOf(result) });
    const { packages, native } = database();
    return parseUpgrades(result.stdout, native, (name) => {
      const facts = packages.get(name);
      return facts?.held === true ? undefined : facts?.version;
    });
  }

  async function perform(step: PackageStep): Promise<StepResult> {
    const reason = unchangeable();
    if (reason !== undefined) throw packageErrors.unchangeable({ reason });
    if (step.refresh === true) await update();
    await ready();
    const before = database();
    const { hold = [], unhold = [] } = step;
    if (unhold.length > 0) await lock('delete', unhold);
    const asked = {
      ...step,
      remove: step.remove.filter((name) => before.packages.has(plainName(name, before.native))),
    };
    let result: CommandResult | undefined;
    for (const command of transactions(asked, before)) {
      result = await processes.run(command);
      if (result.code !== 0) break;
    }
    forget();
    await ready();
    const after = database();
    const complaint = step.downloadOnly ? undefined : shortfall({ ...asked, purge: false }, after, 'dnf');
    const failed = result && result.code !== 0 ? reasonOf(result) : complaint;
    if (failed === undefined && hold.length > 0) await lock('add', hold);
    return { did: 'packages', changed: difference(before, after), ...(failed === undefined ? {} : { failed }) };
  }

  async function lock(how: 'add' | 'delete', names: readonly string[]): Promise<void> {
    if (!versionLocks(files)) throw packageErrors.noVersionLock(undefined);
    const result = await processes.run(lockCommand(how, names));
    forget();
    if (result.code !== 0) throw packageErrors.failed({ reason: reasonOf(result) });
  }

  return {
    manager: 'dnf',
    ready,
    get unavailable() {
      return unavailable();
    },
    get unchangeable() {
      return unchangeable();
    },
    get updated() {
      return isUpdated();
    },
    installed,
    all: () => database().packages,
    offers,
    upgrades,
    async altered(names) {
      const found = new Map<string, Record<string, string>>();
      for (const name of names) {
        const altered = parseAltered((await processes.run(askAltered(name))).stdout);
        if (Object.keys(altered).length > 0) found.set(name, altered);
      }
      return found;
    },
    async describe(file) {
      await ready();
      const result = await processes.run(describeFile(file));
      return result.code === 0 ? parseOne(result.stdout, database().native) : undefined;
    },
    downloaded: () => new Map(),
    async group(name) {
      const result = await processes.run(askGroup(name));
      return result.code === 0 ? parseGroup(result.stdout) : undefined;
    },
    perform,
    forget,
  };
}
