import { closeSync, openSync, readdirSync, readFileSync, readSync, watch } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import os from 'node:os';
import { createInterface } from 'node:readline';
import type { Clock } from '../../lib/clock.ts';
import type { BeaconContext } from '../../lib/contracts/beacon.ts';
import { createServices } from '../machine/services.ts';
import { createProcesses } from '../../lib/system/processes.ts';
import { lookAtInit } from '../machine/services/init.ts';
import { usedPercent } from '../beacons/memory.ts';
import { builtinBeacons } from '../beacons/registry.ts';
import { beaconsWith } from '../custom/beacons.ts';
import type { CurrentCode } from '../custom/registries.ts';
import { factsAt } from '../path-facts.ts';
import { runningStates } from '../state-lock.ts';
import { readSteps } from '../state-steps.ts';
import { beaconEngine, type BeaconEngine, type EngineOptions } from './engine.ts';

export interface SystemOptions extends Pick<EngineOptions, 'clock' | 'log' | 'tell'> {
  /** Where state runs leave their lock, and what they do. */
  readonly cachedir: string;
  /** The operator's own code. */
  readonly custom: CurrentCode;
}

/** The engine that runs beacons on the machine that this process runs on. */
export function systemBeacons({ cachedir, custom, ...options }: SystemOptions): BeaconEngine {
  const { clock } = options;
  const steps = readSteps(cachedir);
  return beaconEngine({
    ...options,
    registry: beaconsWith({ builtin: builtinBeacons, current: custom, clock, log: options.log }),
    statesRun: () => runningStates(cachedir).length > 0,
    context: systemContext(clock, (what, from, to) => steps.did(what, from, to)),
  });
}

/** What a command may take that a beacon waits for. */
const PATIENCE_MS = 20_000;

/** The machine that this process runs on, as beacons see it. */
export function systemContext(clock: Clock, didStates: BeaconContext['didStates']): BeaconContext {
  // Nothing is run as somebody else.
  const processes = createProcesses({ root: '/', user: () => undefined, clock });
  const services = createServices({
    root: '/',
    processes: { run: (command) => processes.run({ timeoutMs: PATIENCE_MS, ...command }) },
    init: lookAtInit(),
    clock,
  });
  return {
    clock,
    didStates,
    readText: (path) => readFileSync(path, 'utf8'),
    list: (path) => readdirSync(path).sort(),
    look: factsAt,
    readFrom(path, from, most) {
      const fd = openSync(path, 'r');
      try {
        const buffer = Buffer.alloc(most);
        return buffer.subarray(0, readSync(fd, buffer, 0, most, from));
      } finally {
        closeSync(fd);
      }
    },
    async space(path) {
      const { blocks, bfree, bavail } = await statfs(path);
      // Room that is root's alone is neither used nor free, as df(1) has it.
      return { usedPercent: usedPercent(blocks - bfree + bavail, bavail) };
    },
    addresses: () =>
      Object.fromEntries(
        Object.entries(os.networkInterfaces()).map(([name, all = []]) => [
          name,
          all.map(({ address, cidr }) => [address, Number(cidr?.split('/')[1] ?? 0)] as const),
        ]),
      ),
    watch(directory, changed, failed) {
      const watcher = watch(directory, { persistent: false }, (_, name) => changed(name ?? undefined));
      watcher.on('error', failed);
      return () => watcher.close();
    },
    runningServices: (names) => services.running(names),
    follow,
  };
}

const follow: BeaconContext['follow'] = (argv, line, ended) => {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  let isWanted = true;
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => (lastWords = `${lastWords}${chunk.toString()}`.slice(-1000)));
  createInterface({ input: child.stdout }).on('line', (text) => isWanted && line(text));
  const over = (reason: string): void => {
    process.off('exit', kill);
    if (isWanted) ended(reason);
    isWanted = false;
  };
  child.on('error', ({ message }) => over(message));
  child.on('close', (code, signal) => over(lastWords.trim() || (signal ?? `exit code ${code}`)));
  process.on('exit', kill);
  // The beacon alone is no reason for the minion to stay.
  child.unref();
  return () => {
    isWanted = false;
    kill();
  };
};
