import { systemClock } from '../lib/clock.ts';
import { TsaltError } from '../lib/errors/error.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import type { LocalClient } from '../wire/local/client.ts';
import { runInBatches, type BatchRun } from './batch.ts';
import type { BatchPlanner } from './batch-options.ts';
import type { Exec } from './functions.ts';
import type { Io } from './io.ts';
import { succeeded, type Part } from './job-part.ts';
import { targetsOf } from './preview.ts';
import { subsetOf } from '../lib/subset.ts';

export interface PublishOptions {
  readonly control: LocalClient;
  readonly exec: Exec;
  /** What the master is asked for, but for the functions: target, time-out. */
  readonly params: JsonMap;
  /** Undefined: on all at once. */
  readonly planner: BatchPlanner | undefined;
  /** Only so many minions of the target, at random. */
  readonly subset: number | undefined;
  /** Takes what the master tells; gives a minion's part when it is over. */
  readonly hear: (event: Json) => Part | undefined;
  readonly io: Pick<Io, 'err' | 'interrupted'>;
}

export interface Publication {
  /** Resolves when it is over on every minion that it was begun on; raises what the master raises. */
  readonly done: Promise<void>;
  /** Minions that it was not begun on, so far; none where there are no batches. */
  readonly notBegun: readonly string[];
}

/** Has a function run on the minions of a target: on all, some of them, or so many at a time. */
export function publish(options: PublishOptions): Publication {
  const { control, exec, params, planner, subset, hear, io } = options;
  let notBegun: readonly string[] = [];

  async function run(): Promise<void> {
    if (!planner && subset === undefined) return exec(params, hear);
    const targets = await targetsOf(control, params);
    const minions = subset === undefined ? targets.minions : subsetOf(targets, subset, Math.random);
    const plan = planner?.(minions.length);
    // A target that means nobody is for the master to refuse.
    if (minions.length === 0 || (subset === undefined && plan?.atOnce === undefined)) return exec(params, hear);
    if (plan?.atOnce === undefined) return exec({ ...params, ...listOf(minions) }, hear);
    if (subset === undefined)
      for (const id of targets.missing) hear({ id, state: 'unknown', reason: 'no accepted minion has this id' });
    if (plan.isSafety) io.err(`${minions.length} minions are meant: it is done on ${plan.atOnce} at a time\n`);
    notBegun = minions;
    const { atOnce, waitMs, mostFailed } = plan;
    const begin: BatchRun['publish'] = (ids, over) => {
      notBegun = notBegun.slice(ids.length);
      return publishOne(ids, over);
    };
    const stopped = io.interrupted;
    await runInBatches({ minions, atOnce, waitMs, mostFailed, publish: begin, clock: systemClock, stopped });
  }

  /** A job for these. One whose key was deleted since the target was looked up is told of, not raised. */
  async function publishOne(ids: readonly string[], over: (ok: boolean) => void): Promise<void> {
    const tell = (event: Json): void => {
      const part = hear(event);
      if (part) over(succeeded(part));
    };
    try {
      await exec({ ...params, ...listOf(ids) }, tell);
    } catch (thrown) {
      if (!(thrown instanceof TsaltError && thrown.code === 'TS_CONTROL_NO_MINION')) throw thrown;
      for (const id of ids) tell({ id, state: 'unknown', reason: 'its key was deleted meanwhile' });
    }
  }

  return {
    done: run(),
    get notBegun() {
      return notBegun;
    },
  };
}

function listOf(ids: readonly string[]): JsonMap {
  return { tgt: ids.join(','), tgt_type: 'list' };
}
