import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Failpoint } from '../../../lib/failpoint.ts';
import { connectLocal } from '../../../wire/local/client.ts';
import type { Daemon, StartOptions } from '../../kit/daemon.ts';
import { eventually } from '../../kit/eventually.ts';
import type { Minion } from '../../kit/minion.ts';
import type { Machine, World } from './world.ts';

/* What is done to a cluster. All of it is in its history. */

export const fault = ({ history }: World, what: string): void => history.add({ phase: 'fault', what });

/** Lets things go on for `from` to `to` ms. */
export const goOn = ({ random }: World, from: number, to: number): Promise<void> =>
  delay(from + random.below(to - from + 1));

export const anyMachine = ({ machines, random }: World): Machine => random.pick(machines);

export async function killMaster(world: World): Promise<void> {
  fault(world, 'the master is killed');
  await world.cluster.master.kill9();
  await goOn(world, 0, 300);
  await startMaster(world);
}

/** Starts the master, whether it runs or not. False when it ended before it was ready. */
export async function startMaster({ cluster }: World, how: StartOptions = {}): Promise<boolean> {
  await cluster.master.kill9();
  try {
    await cluster.restartMaster({}, how);
    return true;
  } catch (cause) {
    if (cluster.master.isRunning()) throw cause;
    return false;
  }
}

export async function killMinion(world: World, { minion }: Machine = anyMachine(world)): Promise<void> {
  fault(world, `${minion.id} is killed`);
  await minion.kill9();
  await goOn(world, 0, 300);
  minion.start();
}

const environmentOf = (point: Failpoint, nth: number): StartOptions => {
  return { environment: { TSALT_FAIL: `${point}:${nth}:kill9` } };
};

/** How long a process is given to come to the point where it dies, in ms. */
const REACH_MS = 12_000;

/** Has the master die at a point, and starts it again. */
export async function masterDiesAt(world: World, point: Failpoint, nth: number): Promise<void> {
  await startMaster(world, environmentOf(point, nth));
  await deathOf(world, world.cluster.master, `the master dies at ${point}, time ${nth}`);
  await startMaster(world);
}

/** Has a minion die at a point, and starts it again. */
export async function minionDiesAt(world: World, point: Failpoint, nth: number): Promise<void> {
  const { minion } = anyMachine(world);
  await minion.kill9();
  minion.start(environmentOf(point, nth));
  await deathOf(world, minion, `${minion.id} dies at ${point}, time ${nth}`);
  await minion.kill9();
  minion.start();
}

/** Waits for a process to come to the point where it dies; that it does not is in the history, too. */
export async function deathOf(world: World, daemon: Daemon, what: string): Promise<void> {
  for (const late = performance.now() + REACH_MS; daemon.isRunning() && performance.now() < late;) await delay(10);
  fault(world, daemon.isRunning() ? `not reached: ${what}` : what);
}

/** Stops a process for `ms`, as a machine that swaps or is moved. */
export async function pause(world: World, daemon: Daemon, what: string, ms: number): Promise<void> {
  fault(world, `${what} stands still for ${ms} ms`);
  daemon.pause();
  await delay(ms);
  daemon.resume();
}

/** Fires so many events of a minion at once; resolves when all of them are in its outbox. */
export async function fireMany({ directory }: Minion, count: number): Promise<void> {
  // One that was just started is not there yet.
  const local = await eventually(() => connectLocal('minion', path.join(directory, 'run/minion.sock')));
  const fired = Array.from({ length: count }, (_, n) => local.call('event', { tag: 'flood/x', data: { n } }));
  await Promise.all(fired).finally(() => local.close());
}

/** Ends every fault: links are whole, every process runs, clones are gone. */
export async function heal(world: World): Promise<void> {
  fault(world, 'everything is mended');
  for (const { link } of world.machines) link.heal();
  await Promise.all(world.clones.map((clone) => clone.kill9()));
  if (!world.cluster.master.isRunning() && !(await startMaster(world))) {
    throw new Error(`the master does not start:\n${world.cluster.master.log().slice(-2_000)}`);
  }
  for (const { minion } of world.machines) {
    if (minion.isRunning()) minion.resume();
    else minion.start();
  }
}

/** Why a program that is needed can't be had, or undefined. */
export const without = (file: string, what: string): string | undefined => (existsSync(file) ? undefined : what);
