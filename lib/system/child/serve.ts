import { Worker } from 'node:worker_threads';
import type { Json } from '../../json.ts';
import { channel, type Channel } from './channel.ts';

/** What a child says first. */
export const readyMessage = 'ready';

/** The child's side of `startChild`: answers the master until that goes away. */
export function serve(answer: (what: string, of: Json) => Promise<Json | undefined>): Channel {
  const peer = channel((message) => void process.send?.(message), answer);
  process.on('message', (message) => peer.receive(message));
  process.on('disconnect', () => process.exit(0));
  // With what is to be done at an exit: the commands that it runs end with it.
  process.on('SIGTERM', () => process.exit(0));
  // The master decides when a child ends, also when a terminal's Ctrl-C goes to both.
  process.on('SIGINT', () => {});
  endWithMaster();
  process.send?.(readyMessage);
  return peer;
}

/** Milliseconds between looks at whether the master is there. */
const LOOK_EVERY_MS = 1000;

/**
 * Ends this process when the master is killed, also while what it runs never ends: then no message is looked at, and no
 * signal handled. A thread of its own looks whose child the process is.
 */
function endWithMaster(): void {
  const watch = `
    const master = ${String(process.ppid)};
    setInterval(() => {
      if (process.ppid !== master) process.kill(process.pid, 'SIGKILL');
    }, ${String(LOOK_EVERY_MS)});`;
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };
  new Worker(watch, { eval: true, resourceLimits, env: {}, execArgv: [] }).unref();
}
