import { didYouMean } from './errors/error.ts';
import { failpointErrors } from './errors/failpoint.ts';
import { nearest } from './nearest.ts';

/*
 * Moments at which a test kills this process: `TSALT_FAIL=job-noted:2:kill9` is the second time that a minion has noted a
 * job. Nothing happens at them otherwise.
 */

/** Every point there is, by whose it is. */
export const failpoints = {
  master: [
    'job-journaled',
    'job-sending',
    'job-sent',
    'items-taken',
    'items-durable',
    'items-acknowledged',
    'reaction-step',
    'reaction-kept',
    'reaction-published',
  ],
  /** Of a master, once for each machine. */
  keys: ['key-accepting', 'key-accepted'],
  minion: ['job-came', 'job-noted', 'job-ran', 'return-kept', 'item-sent', 'items-cleared'],
  /** Of either: before bytes are written, before they are synced, after that. */
  log: ['log-writing', 'log-written', 'log-synced'],
} as const;

export type Failpoint = (typeof failpoints)[keyof typeof failpoints][number];

const names: readonly Failpoint[] = Object.values(failpoints).flat();

let armed = process.env['TSALT_FAIL'] ? parseFailpoint(process.env['TSALT_FAIL']) : undefined;

/** Which point, and the how manieth time. Raises `TS_FAILPOINT_UNFIT`, `TS_FAILPOINT_UNKNOWN`. */
export function parseFailpoint(text: string): { readonly point: Failpoint; readonly left: number } {
  const [, named = '', count] = /^([a-z-]+):([1-9]\d*):kill9$/.exec(text) ?? [];
  if (count === undefined) throw failpointErrors.unfit({ text });
  const point = names.find((one) => one === named);
  if (!point) throw failpointErrors.unknown({ point: named }, { hint: didYouMean(nearest(named, names)) });
  return { point, left: Number(count) };
}

/** This process has come to that point. */
export function failpoint(point: Failpoint): void {
  if (armed?.point !== point) return;
  armed = { point, left: armed.left - 1 };
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL');
}
