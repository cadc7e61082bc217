import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import type { LaunchedMachine, Provider } from '../../../lib/contracts/provider.ts';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { parseMinionId } from '../../../lib/ids.ts';
import type { Log } from '../../../lib/log.ts';
import { Cgroup } from './cgroup.ts';
import { run, type CommandOptions, type CommandResult } from './command.ts';
import { enter } from './enter.ts';
import { packagesInside } from './furniture.ts';
import { debian12, ensureImage, type ImageRecipe } from './image.ts';
import { boot, leaderOf, upperOf, type Bind, type Machine } from './machine.ts';
import { Network, networkFor, type NetworkNames } from './network.ts';
import { Records, type Record } from './records.ts';
import { addPackageFile, openPackages, providePackages } from './repository.ts';
import { writeSeed } from './seed.ts';
import { withLock } from './waiting.ts';

export interface NspawnOptions {
  /** All that its machines are is below it; two providers with the same directory are one. */
  readonly directory: string;
  /** Images and downloaded packages, for all providers of this machine. */
  readonly cacheDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly image?: ImageRecipe;
  readonly network?: NetworkNames;
  /** Directories of this machine that all machines see. */
  readonly binds?: readonly Bind[];
}

export type ExecOptions = Pick<CommandOptions, 'env' | 'input' | 'signal'>;

/** Machines that are Debian 12 with systemd, apt and cloud-init, on this one; and what can be done to them besides. */
export interface NspawnProvider extends Provider {
  /** The address of this machine that all of them reach; it is there from here on until the last machine is terminated. */
  open(): Promise<string>;
  /** Takes that address away, unless there are machines. `terminate` of the last one does it, too. */
  close(): Promise<void>;
  /** The shared root file system, built if need be: the slow part of a first launch. */
  image(): Promise<string>;
  /** Makes Debian packages, and what they need, installable in all machines (after their next `apt-get update`). */
  providePackages(names: readonly string[]): Promise<void>;
  /** Makes one package file installable in all machines. */
  addPackageFile(file: string): Promise<void>;
  /** Runs a command in a machine. */
  exec(id: string, command: readonly string[], options?: ExecOptions): Promise<CommandResult>;
  /** Pulls the plug: nothing of it runs from one moment to the next, and its peers are told nothing. Its files stay. */
  kill(id: string): Promise<void>;
  /** Boots a machine that was killed or shut itself down. */
  start(id: string): Promise<LaunchedMachine>;
  /** Stops all its processes where they are. Its network card still answers. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Drops all that it sends and is sent, silently, until `heal`. */
  cut(id: string): Promise<void>;
  heal(id: string): Promise<void>;
  /** Its journal, also of a dead machine. */
  console(id: string): Promise<string>;
}

/** Needs root, systemd-nspawn, mmdebstrap, iproute2, util-linux, and apt-utils for packages; systemd need not be PID 1. */
export function nspawnProvider(options: NspawnOptions): NspawnProvider {
  const { directory, cacheDirectory, clock, log, binds = [] } = options;
  const network = new Network(options.network ?? networkFor(directory));
  const records = new Records(directory);
  const packages = path.join(directory, 'packages');
  const images = { directory: cacheDirectory, clock, log };
  const allCgroups = new Cgroup(`tsalt-${network.names.bridge}`, clock);

  const recipe = options.image ?? debian12;
  // Asking apt for its sources takes half a second: once is enough.
  let known: string | undefined;
  const image = async (): Promise<string> => (known ??= await ensureImage(recipe, images));
  const locked = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    withLock(clock, path.join(directory, 'locks', name), name, work);
  // An id may be the name of another lock.
  const lockedFor = <T>(id: string, work: () => Promise<T>): Promise<T> => locked(`id-${id}`, work);
  const cgroupOf = (n: number): Cgroup => new Cgroup(`tsalt-${network.names.bridge}/${n}`, clock);

  function machineOf(id: string): { machine: Machine; n: number } {
    const record = records.read(parseMinionId(id));
    if (!record) throw nspawnErrors.unknownMachine({ id });
    return { machine: build(id, record), n: record.n };
  }

  function build(id: string, { n, machineId, image: lower }: Record): Machine {
    const name = network.namespace(n);
    const all = [...binds, { from: packages, to: packagesInside }];
    const cgroup = cgroupOf(n);
    return { id, name, home: records.home(id), image: lower, machineId, namespace: name, cgroup, binds: all };
  }

  function describe(id: string, record: Record): LaunchedMachine {
    const { name, cgroup } = build(id, record);
    const state = !cgroup.populated ? 'stopped' : leaderOf(cgroup) === undefined ? 'pending' : 'running';
    return { id, handle: name, address: network.address(record.n), state };
  }

  /** Ends all that runs of number `n`, its wire first: nobody gets a goodbye. */
  async function powerOff(n: number): Promise<void> {
    await network.silence(n);
    await cgroupOf(n).remove();
    await network.unplug(n);
    // What systemd-nspawn leaves of a machine that it did not see end.
    for (const kind of ['propagate', 'unix-export'])
      rmSync(`/run/systemd/nspawn/${kind}/${network.namespace(n)}`, { recursive: true, force: true });
  }

  async function powerOn(id: string, record: Record): Promise<LaunchedMachine> {
    await powerOff(record.n);
    await open();
    openPackages(packages);
    await network.plug(record.n);
    await boot(build(id, record), clock);
    return describe(id, record);
  }

  async function open(): Promise<string> {
    await locked('network', () => network.openBridge());
    return network.gateway;
  }

  const close = (): Promise<void> =>
    locked('network', async () => {
      if (records.ids().length > 0) return;
      await network.closeBridge();
      await allCgroups.remove();
    });

  return {
    name: 'nspawn',
    userDataForm: 'cloud-init',
    open,
    image,
    async launch({ id, userData }, signal) {
      if (!/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(id)) throw nspawnErrors.badHostName({ id });
      const lower = await image();
      return lockedFor(id, async () => {
        signal.throwIfAborted();
        const old = records.read(id);
        if (old) return cgroupOf(old.n).populated ? describe(id, old) : powerOn(id, old);
        const n = records.claim(id, network.names.prefix);
        const record = { n, machineId: randomBytes(16).toString('hex'), image: lower };
        writeSeed(upperOf(records.home(id)), { id, machineId: record.machineId, userData });
        records.write(id, record);
        return powerOn(id, record);
      });
    },
    async list() {
      return records.ids().map((id) => {
        const record = records.read(id);
        // Known by its directory alone: a launch that was interrupted, or is at it.
        return record ? describe(id, record) : { id, handle: '', state: 'pending' };
      });
    },
    async terminate(id) {
      parseMinionId(id);
      if (!existsSync(directory)) return;
      await lockedFor(id, async () => {
        for (const n of records.numbers(id)) await powerOff(n);
        records.remove(id);
      });
      await close();
    },
    close,
    providePackages: async (names) =>
      locked('packages', async () => providePackages(names, packages, await image(), recipe, images)),
    addPackageFile: async (file) => locked('packages', async () => addPackageFile(file, packages)),
    exec: async (id, command, execOptions) => enter(machineOf(id).machine, command, execOptions),
    kill: async (id) => lockedFor(id, () => powerOff(machineOf(id).n)),
    start: async (id) =>
      lockedFor(id, async () => {
        const record = records.read(parseMinionId(id));
        if (!record) throw nspawnErrors.unknownMachine({ id });
        return cgroupOf(record.n).populated ? describe(id, record) : powerOn(id, record);
      }),
    pause: async (id) => machineOf(id).machine.cgroup.freeze(true),
    resume: async (id) => machineOf(id).machine.cgroup.freeze(false),
    cut: async (id) => network.cut(machineOf(id).n, true),
    heal: async (id) => network.cut(machineOf(id).n, false),
    async console(id) {
      const { home } = machineOf(id).machine;
      const journal = path.join(upperOf(home), 'var/log/journal');
      return (await run(['journalctl', '--no-pager', `--directory=${journal}`])).stdout;
    },
  };
}
