import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../lib/clock.ts';
import { loadMasterConfig } from '../../lib/config/load.ts';
import { silent } from '../../lib/log.ts';
import { cpuMs, loopCpuMs } from '../kit/cpu.ts';
import { startMaster } from '../../master/start.ts';

/* A real master in a process of its own, which tells how it is when it is asked. Run with --expose-gc. */

/** What the parent is told. */
export interface Health {
  /** The longest that the event loop was held up since the last time, and the 999th of a thousand looks, in ms. */
  readonly longestMs: number;
  readonly p999Ms: number;
  /** The same without the time in which the event loop had no processor: the machine has other work, too. */
  readonly longestOwnMs: number;
  /** Bytes of the heap, and of all memory, after everything that can go is gone. */
  readonly heap: number;
  readonly memory: number;
  /** Milliseconds of the processor since it began. */
  readonly cpuMs: number;
  /** Promises that nobody caught, and errors that nobody did. */
  readonly unhandled: readonly string[];
}

const directory = process.argv[2] ?? '';
const resolutionMs = 5;
const unhandled: string[] = [];
const note = (error: unknown): void =>
  void unhandled.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
process.on('unhandledRejection', note);
process.on('uncaughtException', note);

const configDir = path.join(directory, 'etc');
for (const below of ['etc', 'states', 'pillar']) mkdirSync(path.join(directory, below), { recursive: true });
writeFileSync(
  path.join(configDir, 'master'),
  JSON.stringify({
    interface: '127.0.0.1',
    publish_port: 0,
    ret_port: 0,
    pki_dir: path.join(directory, 'pki'),
    cachedir: path.join(directory, 'cache'),
    sock_dir: path.join(directory, 'run'),
    pidfile: path.join(directory, 'run/pid'),
    file_roots: { base: [path.join(directory, 'states')] },
    pillar_roots: { base: [path.join(directory, 'pillar')] },
  }),
);
const { config } = loadMasterConfig({ configDir, env: {} });
await startMaster({ config, clock: systemClock, log: silent });
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
let longestOwnMs = 0;
let last = { at: performance.now(), cpu: loopCpuMs() };
setInterval(() => {
  const now = { at: performance.now(), cpu: loopCpuMs() };
  longestOwnMs = Math.max(longestOwnMs, Math.min(now.at - last.at, now.cpu - last.cpu) - resolutionMs);
  last = now;
}, resolutionMs);

process.on('message', () => {
  const [longestMs, p999Ms] = [delay.max / 1e6, delay.percentile(99.9) / 1e6];
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const health: Health = { longestMs, p999Ms, longestOwnMs, heap: heapUsed, memory: rss, cpuMs: cpuMs(), unhandled };
  process.send?.(health);
  // The collection above is no fault of anybody's.
  setTimeout(() => {
    delay.reset();
    longestOwnMs = 0;
  }, 4 * resolutionMs);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
