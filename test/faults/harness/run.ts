import { messageOf } from '../../../lib/errors/error.ts';
import { check } from './checkers.ts';
import { heal } from './nemesis.ts';
import { observe, sizesOf } from './observe.ts';
import { watchQueues } from './queues.ts';
import type { Row } from './row.ts';
import { startTraffic } from './traffic.ts';
import { startWorld } from './world.ts';

export interface Result {
  readonly row: string;
  readonly seed: number;
  /** What is wrong; nothing when all promises were kept. */
  readonly wrong: readonly string[];
  /** What was asked for, and how much of it was acknowledged. */
  readonly asked: number;
  readonly acknowledged: number;
  /** Points that were to be reached and were not: the run says nothing of them. */
  readonly missed: readonly string[];
  readonly ms: number;
  /** Where all of it was kept: with something wrong. */
  readonly kept?: string;
}

/** Runs one row of the matrix with one seed: traffic, faults meanwhile, an end to all of them, and a look at what there is. */
export async function runRow(row: Row, seed: number): Promise<Result> {
  const begun = performance.now();
  const endings: (() => unknown)[] = [];
  const prepared = row.prepare?.((end) => void endings.push(end));
  const world = await startWorld(row.minions ?? 2, seed, row.name, { ...row.options, ...prepared?.world });
  const wrong: string[] = [];
  try {
    const sizes = sizesOf(world);
    const queues = watchQueues(world);
    const traffic = startTraffic(world, row.pauseMs);
    try {
      await row.faults(world, prepared?.disk);
    } finally {
      prepared?.disk.free();
      await heal(world);
      wrong.push(...(await traffic.stop()));
    }
    const observed = await observe(world, { sizes, queues });
    wrong.push(...check(world.history.entries, observed, new Set(row.forgives?.(world))));
    wrong.push(...((await row.also?.(world)) ?? []));
  } catch (cause) {
    wrong.push(`the run broke: ${messageOf(cause)}`);
  }
  const home = await world.end(wrong.length > 0);
  for (const end of endings.toReversed()) await end();
  const { entries } = world.history;
  const phases = (phase: string): number => entries.filter((entry) => entry.phase === phase).length;
  return {
    row: row.name,
    seed,
    wrong,
    asked: phases('invoke'),
    acknowledged: phases('ok'),
    missed: entries.flatMap((entry) =>
      entry.phase === 'fault' && entry.what.startsWith('not reached') ? entry.what : [],
    ),
    ms: performance.now() - begun,
    ...(wrong.length > 0 && { kept: home }),
  };
}

/** So many mistakes of one run are told. */
const MOST_SAID = 12;

/** A result in one line, and what is wrong in further ones. */
export function sayResult({ row, seed, wrong, asked, acknowledged, missed, ms, kept }: Result): string {
  const head = `${wrong.length === 0 ? 'good' : 'BAD '}  ${row}  seed ${seed}  ${acknowledged} of ${asked} acknowledged, ${(ms / 1000).toFixed(1)} s`;
  return [
    head,
    ...missed,
    ...wrong.slice(0, MOST_SAID),
    ...(wrong.length > MOST_SAID ? [`and ${wrong.length - MOST_SAID} more`] : []),
    ...(kept === undefined ? [] : [`kept in ${kept}; again with: --row ${row} --seed ${seed}`]),
  ].join('\n      ');
}
